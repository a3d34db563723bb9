import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
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

/** Of small files there are thousands: memory for a whole piece, taken for each of them, costs more than reading them. */
const SMALLEST_PIECE = 4 * 1024;
/** How many times its length on disk a packed file may become in one piece. */
const UNPACKED_IN_ONE_PIECE = 8;

/** Gives the lengths in which a file of so many bytes on disk is best read and unpacked, in bytes. */
export function pieceLengths(storedLength: number): { readonly stored: number; readonly unpacked: number } {
  const fitted = (bytes: number) => Math.min(READ_BYTES, Math.max(SMALLEST_PIECE, bytes));
  return { stored: fitted(storedLength), unpacked: fitted(storedLength * UNPACKED_IN_ONE_PIECE) };
}

/**
 * Gives a file's bytes as they lie on disk, in pieces of at most `pieceBytes`. The handle stays open for the caller to
 * close.
 */
export async function* storedBytes(file: FileHandle, pieceBytes = READ_BYTES): AsyncGenerator<Buffer> {
  const { size } = await file.stat();
  let read = 0;
  for (;;) {
    // A piece's room is the file's, not more: most files are small, and to get and free a MiB for each costs more than
    // to read it. Where the file should end, a look at little is enough.
    const left = size - read;
    const piece = Buffer.allocUnsafeSlow(left > 0 ? Math.min(left, pieceBytes) : Math.min(END_BYTES, pieceBytes));
    const { bytesRead } = await file.read(piece, 0, piece.length, read);
    if (bytesRead === 0) return;
    read += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

const END_BYTES = 4096;

/** Gives a file's bytes, unpacked, in pieces of at most `pieceBytes` if they were packed. Throws UnreadableFileError, once it gets there, for gzip data that is torn or damaged. */
export async function* unpackedBytes(
  stored: ByteSource,
  gzip: boolean,
  pieceBytes = READ_BYTES,
): AsyncGenerator<Buffer> {
  if (!gzip) {
    yield* stored;
    return;
  }
  const source = Readable.from(stored);
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

function isZlibError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_");
}

function describe(error: { code: string }): string {
  return error.code === "Z_BUF_ERROR" ? "the gzip data ends too early" : "the gzip data is damaged";
}
