import { rename } from "node:fs/promises";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { moveAsCopy } from "./copy-across.js";
import { type FileModes, restrictFile, restrictPath } from "./file-modes.js";

/**
 * Moves a file, in place of what is at `target`, and takes from it what others than `modes` names may do with it. A file of
 * another user, whose permissions that user alone can change, is moved as a copy that belongs to this process, as is one on
 * another file system. Throws ENOENT for a file that is not there.
 */
export async function moveFile(source: string, target: string, modes: FileModes): Promise<void> {
  if (await restrictPath(source, modes)) {
    try {
      return await rename(source, target);
    } catch (error) {
      if (!hasSystemCode(error, "EXDEV")) throw error;
    }
  }
  try {
    await moveAsCopy(source, target, (copy) => restrictFile(copy, modes));
  } catch (error) {
    // A file that may not even be read cannot be copied: it goes as it is, into a folder that others cannot enter.
    if (!hasSystemCode(error, "EACCES")) throw error;
    await rename(source, target);
  }
}
