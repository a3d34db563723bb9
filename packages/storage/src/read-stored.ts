import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { PathRefusedError } from "@lethe/contracts/errors";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { idOf } from "./file-id.js";

const READ_BYTES = 1024 * 1024;
/** Room for what has come behind the size that was seen. */
const BEHIND_BYTES = 4096;

/** Opens a file for reading and returns its size and how many names it has, too. Throws PathRefusedError if it is a symbolic link. */
export async function openStored(
  path: string,
): Promise<{ readonly handle: FileHandle; readonly size: number; readonly links: number; readonly id: string }> {
  const handle = await openNoLink(path);
  try {
    const found = await handle.stat();
    return { handle, size: found.size, links: found.nlink, id: idOf(found) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openNoLink(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (hasSystemCode(error, "ELOOP")) throw new PathRefusedError("a symbolic link is not followed");
    throw error;
  }
}

/**
 * Returns a file's bytes as they lie on disk, to its end, in pieces of at most `pieceBytes`. `size` is what it had when it
 * was looked at, in bytes. The handle stays open for the caller to close.
 */
export async function* storedBytes(file: FileHandle, size: number, pieceBytes = READ_BYTES): AsyncGenerator<Buffer> {
  let read = 0;
  for (;;) {
    // A piece's room is the file's, not more: most files are small, and to get and free a MiB for each costs more than
    // to read it. One byte more than should be there tells the end without another look.
    const room = read < size ? size - read + 1 : BEHIND_BYTES;
    const piece = Buffer.allocUnsafeSlow(Math.min(room, pieceBytes));
    const { bytesRead } = await file.read(piece, 0, piece.length, read);
    if (bytesRead > 0) yield piece.subarray(0, bytesRead);
    // Of a file, less comes than there is room for at its end alone.
    if (bytesRead < piece.length) return;
    read += bytesRead;
  }
}

/** Returns all bytes of a file that does not change. Throws PathRefusedError if it is a symbolic link. */
export async function readWhole(path: string): Promise<Buffer> {
  const { handle, size } = await openStored(path);
  try {
    const bytes = Buffer.allocUnsafeSlow(size);
    let read = 0;
    while (read < size) {
      const { bytesRead } = await handle.read(bytes, read, size - read, read);
      if (bytesRead === 0) break;
      read += bytesRead;
    }
    return bytes.subarray(0, read);
  } finally {
    await handle.close();
  }
}
