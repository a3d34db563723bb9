import { mkdir, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { placeIfFree } from "./place-if-free.js";

/**
 * Puts a claimed file back into landing under the first of `keys` that is free, and returns that key. The file stays what it
 * is, so that whoever has it open goes on writing into it, and takes no other's place. Returns undefined when no key is
 * free. Throws ENOENT for a file that is not there.
 */
export async function returnFile(
  source: string,
  landing: string,
  keys: readonly string[],
): Promise<string | undefined> {
  for (const key of keys) {
    const target = join(landing, key);
    await makeSendersFolder(landing, dirname(target));
    if (await placeIfFree(source, target)) return key;
  }
  return undefined;
}

/** Creates a folder in landing and those above it, with the permissions of landing itself: it is for senders, not for Lethe. */
async function makeSendersFolder(landing: string, folder: string): Promise<void> {
  const mode = (await stat(landing).catch(() => undefined))?.mode ?? 0o700;
  let path = landing;
  for (const name of relative(landing, folder).split(sep)) {
    path = join(path, name);
    await mkdir(path, { mode: mode & 0o7777 }).catch((error: unknown) => {
      if (!hasSystemCode(error, "EEXIST")) throw error;
    });
  }
}
