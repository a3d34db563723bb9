import { randomUUID } from "node:crypto";
import { rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { AREA_FOLDERS, CLAIMED_IN_LANDING } from "./folder-names.js";

/**
 * Returns a function that returns the folder of area `claimed`: the one in the data folder, or one within landing when
 * landing is on another mount, so that claiming a file is a rename in either case. The answer is kept from the moment that
 * landing is there.
 */
export function claimedFolder(data: string, landing: string): () => Promise<string> {
  let known: Promise<string> | undefined;
  const inData = join(data, AREA_FOLDERS.claimed);
  return async () => {
    if (known !== undefined) return known;
    const isOther = await isOtherMount(data, landing);
    if (isOther === undefined) return inData;
    known = Promise.resolve(isOther ? join(landing, CLAIMED_IN_LANDING) : inData);
    return known;
  };
}

/** Reports whether a rename from landing to the data folder fails; undefined while landing or the data folder is missing. */
async function isOtherMount(data: string, landing: string): Promise<boolean | undefined> {
  try {
    const [ofData, ofLanding] = await Promise.all([stat(data), stat(landing)]);
    if (ofData.dev !== ofLanding.dev) return true;
    // Two mounts of one file system have the same device, and no rename leads from one to the other. The system says so
    // before it looks whether the file is there.
    const nothing = randomUUID();
    await rename(join(landing, nothing), join(data, nothing));
    return false;
  } catch (error) {
    if (hasSystemCode(error, "EXDEV")) return true;
    const areThere = await Promise.all([data, landing].map((folder) => stat(folder).catch(() => undefined)));
    return areThere.includes(undefined) ? undefined : false;
  }
}
