import { UnreadableFileError } from "@lethe/contracts/errors";
import type { ByteSource } from "./line-chunk.js";

export interface UnpackLimits {
  /** Most bytes of one file, once unpacked: LETHE_MAX_FILE_BYTES. */
  readonly maxFileBytes: number;
  /** Most bytes that each byte on disk may become: LETHE_MAX_UNPACK_RATIO. */
  readonly maxUnpackRatio: number;
}

export interface UnpackLimit {
  readonly bytes: number;
  /** The error of a file with more: it says which limit it is, and the setting that moves it. */
  error(): UnreadableFileError;
}

/** A file that becomes no larger than this is unpacked whatever its ratio: small, repetitive files are no attack. */
export const ALWAYS_UNPACKED_BYTES: number = 16 * 1024 * 1024;

/**
 * Returns the number of bytes that a file may have once unpacked. It depends only on the file's bytes on disk and the
 * limits, so that reading a file twice ends in the same way, however its bytes are cut into pieces.
 */
export function unpackLimit(storedBytes: number, gzip: boolean, limits: UnpackLimits): UnpackLimit {
  const packed = gzip ? ratioLimit(storedBytes, limits.maxUnpackRatio) : Number.POSITIVE_INFINITY;
  return packed < limits.maxFileBytes
    ? { bytes: packed, error: () => ratioTooLarge(limits.maxUnpackRatio) }
    : { bytes: limits.maxFileBytes, error: () => fileTooLarge(limits.maxFileBytes) };
}

function ratioTooLarge(maxUnpackRatio: number): UnreadableFileError {
  return new UnreadableFileError(
    `the file becomes more than ${maxUnpackRatio} times as large when it is unpacked (LETHE_MAX_UNPACK_RATIO)`,
  );
}

/** Creates the error for a file that has too many bytes once unpacked. */
export function fileTooLarge(maxFileBytes: number): UnreadableFileError {
  return new UnreadableFileError(`the file holds more than ${maxFileBytes} bytes (LETHE_MAX_FILE_BYTES)`);
}

/** Returns how many bytes a packed file of this length on disk may become under a ratio. */
export function ratioLimit(storedBytes: number, maxUnpackRatio: number): number {
  return Math.max(ALWAYS_UNPACKED_BYTES, storedBytes * maxUnpackRatio);
}

/** Passes a file's unpacked bytes on. Throws UnreadableFileError once they are more than the limit. */
export async function* withinLimit(source: ByteSource, limit: UnpackLimit): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    if (bytes > limit.bytes) throw limit.error();
    yield piece;
  }
}

/** Returns the first bytes of a source and reads no further. */
export async function* firstBytes(source: ByteSource, count: number): AsyncGenerator<Buffer> {
  let left = count;
  for await (const piece of source) {
    yield piece.length > left ? piece.subarray(0, left) : piece;
    left -= piece.length;
    if (left <= 0) return;
  }
}
