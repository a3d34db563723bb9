import { randomBytes, randomUUID } from "node:crypto";
import { link, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { hasSystemCode } from "@lethe/contracts/system-error";

const KEY_BYTES = 32;

/**
 * Returns the path of a data folder's own privacy key. The key is created once, at random, and only its owner can
 * read it. It is never replaced: without the same key, the suppression list would no longer recognise its people.
 */
export async function ensurePrivacyKey(dataDirectory: string): Promise<string> {
  const file = ownKeyFile(dataDirectory);
  const unfinished = path.join(dataDirectory, `.privacy-${randomUUID()}.key`);
  await writeFile(unfinished, `${randomBytes(KEY_BYTES).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
  try {
    // A link appears whole or not at all, and never over a key that is there.
    await link(unfinished, file);
  } catch (error) {
    if (!hasSystemCode(error, "EEXIST")) throw error;
  } finally {
    await rm(unfinished);
  }
  return file;
}

/** Returns the path of the key that a data folder has when the settings name none. */
export function ownKeyFile(dataDirectory: string): string {
  return path.join(dataDirectory, "privacy.key");
}
