import { constants } from "node:fs";
import { copyFile, open, rename, rm, unlink } from "node:fs/promises";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { type FileModes, restrictFile, restrictPath } from "./file-modes.js";

/**
 * Moves a file, in place of what is at `target`, and takes from it what others than `modes` names may do with it. A file of
 * another user, whose permissions that user alone can change, is moved as a copy that belongs to this process. Throws ENOENT
 * for a file that is not there.
 */
export async function moveFile(source: string, target: string, modes: FileModes): Promise<void> {
  if (await restrictPath(source, modes)) return rename(source, target);
  const copy = `${target}.moving.tmp`;
  try {
    await rm(copy, { force: true });
    await copyFile(source, copy, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    const file = await open(copy, "r+");
    try {
      await restrictFile(file, modes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(copy, target);
  } catch (error) {
    await rm(copy, { force: true });
    // A file that may not even be read cannot be copied: it goes as it is, into a folder that others cannot enter.
    if (!hasSystemCode(error, "EACCES")) throw error;
    return rename(source, target);
  }
  await unlink(source);
}
