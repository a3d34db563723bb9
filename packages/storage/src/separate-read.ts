import { readKeyOf } from "./claimed-key.js";
import { compareWithRead, type ReadContent } from "./compare-with-read.js";
import { copyRead } from "./copy-read.js";
import type { Storage } from "./storage.js";

/** What of a claimed file may be archived, and whether the file itself is to go back to landing. */
export interface Separated {
  /** The key of exactly what was read; undefined where that is not to be had any more. */
  readonly key: string | undefined;
  /** Whether the file has changed since it was read. */
  readonly hasChanged: boolean;
}

/**
 * Separates what was read of a claimed file from what has become of the file. Where the file still begins with what was read,
 * that is copied; the file itself stays where it is, for the caller to give it back. Of a file to which somebody else has
 * another name a copy takes its place. After a crash, this goes on where it was.
 */
export async function separateRead(storage: Storage, key: string, read: ReadContent): Promise<Separated> {
  const copyKey = readKeyOf(key);
  const found = await compareWithRead(storage, "claimed", key, read);
  if (found === "same") return { key, hasChanged: false };
  if (found === "missing") {
    // A crash may have come when the copy was made and the file had gone back.
    const copied = await compareWithRead(storage, "claimed", copyKey, read);
    return { key: copied === "same" ? copyKey : undefined, hasChanged: false };
  }
  if (found === "other") return { key: undefined, hasChanged: true };
  const target = found === "shared" ? key : copyKey;
  // The file may be changed while it is copied.
  const isCopied = await copyRead(storage, key, target, read);
  return { key: isCopied ? target : undefined, hasChanged: found === "longer" || !isCopied };
}
