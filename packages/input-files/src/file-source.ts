import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip, gunzipSync } from "node:zlib";
import { PathRefusedError, UnreadableFileError } from "@lethe/contracts/errors";
import { hasSystemCode } from "@lethe/contracts/system-error";
import type { ByteSource } from "./line-chunk.js";

export const READ_BYTES = 1024 * 1024;

/** Opens a file of landing for reading. Throws PathRefusedError if it has become a symbolic link. */
export async function openInputFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (hasSystemCode(error, "ELOOP")) {
      throw new PathRefusedError("a symbolic link is not followed");
    }
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

/** Room for what has come behind the size that was seen. */
const BEHIND_BYTES = 4096;

/** Up to here a packed file is unpacked in one go, if that gives no more than so much. */
const SMALL_PACKED_BYTES = 64 * 1024;
const SMALL_UNPACKED_BYTES = READ_BYTES;

/** Returns a file's bytes, unpacked, in pieces of at most `pieceBytes` if they were packed. Throws UnreadableFileError, once it gets there, for gzip data that is torn or damaged. */
export async function* unpackedBytes(
  stored: ByteSource,
  gzip: boolean,
  pieceBytes = READ_BYTES,
): AsyncGenerator<Buffer> {
  if (!gzip) {
    yield* stored;
    return;
  }
  const pieces = stored[Symbol.asyncIterator]();
  const [first, second] = [await pieces.next(), await pieces.next()];
  if (first.done !== true && second.done === true && first.value.length <= SMALL_PACKED_BYTES) {
    const whole = unpackSmall(first.value);
    if (whole !== undefined) {
      for (let i = 0; i < whole.length; i += pieceBytes) yield whole.subarray(i, i + pieceBytes);
      return;
    }
  }
  const source = Readable.from(resumed([first, second], pieces));
  const gunzip = createGunzip({ chunkSize: pieceBytes });
  source.once("error", (error) => gunzip.destroy(error));
  source.pipe(gunzip);
  try {
    // What is kept of a piece would keep all of the room that it was unpacked into.
    for await (const piece of gunzip) yield piece.length < pieceBytes ? Buffer.from(piece) : piece;
  } catch (error) {
    throw isZlibError(error) ? new UnreadableFileError(describe(error), { cause: error }) : error;
  } finally {
    source.destroy();
  }
}

/**
 * Unpacks a small file without the streams, which cost ten times as much. Returns undefined when it becomes large, or is
 * torn or damaged: then it is read again in pieces, so that what comes before the damage is seen.
 */
function unpackSmall(packed: Buffer): Buffer | undefined {
  try {
    return gunzipSync(packed, { maxOutputLength: SMALL_UNPACKED_BYTES });
  } catch {
    return undefined;
  }
}

async function* resumed(begun: readonly IteratorResult<Buffer>[], rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  for (const { done, value } of begun) if (done !== true) yield value;
  if (begun.at(-1)?.done !== true) yield* { [Symbol.asyncIterator]: () => rest };
}

function isZlibError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_");
}

function describe(error: { code: string }): string {
  return error.code === "Z_BUF_ERROR" ? "the gzip data ends too early" : "the gzip data is damaged";
}
