import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { copyFile, type FileHandle, open, rename, rm, stat, unlink } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { TransientError } from "@lethe/contracts/errors";

/**
 * Moves a file to where a rename does not lead: it is copied, is on disk, and is compared with its source before that is
 * removed. `prepare` gets the copy while nobody can see it. Throws TransientError, and leaves the source as it is, when it
 * changes meanwhile.
 */
export async function moveAsCopy(
  source: string,
  target: string,
  prepare: (copy: FileHandle) => Promise<void> = async () => undefined,
): Promise<void> {
  const copy = `${target}.moving.tmp`;
  try {
    await rm(copy, { force: true });
    const before = await stat(source);
    await copyFile(source, copy, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    const file = await open(copy, "r+");
    try {
      await prepare(file);
      await file.sync();
    } finally {
      await file.close();
    }
    const [ofSource, ofCopy] = await Promise.all([hashOf(source), hashOf(copy)]);
    const after = await stat(source);
    if (ofSource !== ofCopy || before.size !== after.size || before.mtimeMs !== after.mtimeMs) {
      throw new TransientError("a file changed while it was copied to another file system");
    }
    await rename(copy, target);
  } catch (error) {
    await rm(copy, { force: true });
    throw error;
  }
  await unlink(source);
}

/** Returns the SHA-256 of a file, in hexadecimal digits. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
