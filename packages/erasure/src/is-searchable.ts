import { isUtf8 } from "node:buffer";
import { UnreadableFileError } from "@lethe/contracts/errors";
import { unpackedBytes } from "@lethe/input-files/file-source";
import type { InputFormat } from "@lethe/input-files/input-format";
import { salvagedBytes } from "@lethe/input-files/salvaged-bytes";
import { ratioLimit } from "@lethe/input-files/unpack-limit";
import type { Storage } from "@lethe/storage/storage";

/** Bytes that may be left at the end of a torn file, which are the beginning of a character. */
const LONGEST_CHARACTER = 4;

/**
 * Reports whether an erasure could search a quarantined file to its end: it is UTF-8 text once it is unpacked, it does not
 * become too large, and what cannot be unpacked is only what was torn off. An archive within, another encoding, or damage in
 * the middle cannot be searched.
 */
export async function isSearchable(
  storage: Storage,
  key: string,
  format: InputFormat,
  maxUnpackRatio: number,
): Promise<boolean> {
  const stored = await storage.open("quarantined", key);
  if (stored === undefined) return true;
  try {
    if (format.gzip && (await isDamagedWithin(stored.bytes()))) return false;
    const limit = format.gzip ? ratioLimit(stored.size, maxUnpackRatio) : Number.POSITIVE_INFINITY;
    let bytes = 0;
    let open = Buffer.alloc(0);
    for await (const piece of salvagedBytes(stored.bytes(), format.gzip)) {
      bytes += piece.length;
      if (bytes > limit) return false;
      const text = Buffer.concat([open, piece]);
      const end = endOfText(text);
      if (text.subarray(0, end).includes(0) || !isUtf8(text.subarray(0, end))) return false;
      open = Buffer.from(text.subarray(end));
    }
    return open.length < LONGEST_CHARACTER;
  } finally {
    await stored.close();
  }
}

/** Returns where the last whole character ends: a piece may end within one. */
function endOfText(bytes: Buffer): number {
  for (let back = 1; back < LONGEST_CHARACTER && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) return isUtf8(bytes.subarray(bytes.length - back)) ? bytes.length : bytes.length - back;
  }
  return bytes.length;
}

/** Reports whether gzip data is damaged and goes on behind the damage, or something follows it; data that was cut off is neither. */
async function isDamagedWithin(stored: AsyncIterable<Buffer>): Promise<boolean> {
  try {
    for await (const _piece of unpackedBytes(stored, true, undefined, true)) {
      // Unpacked for its end alone.
    }
    return false;
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    // Where something follows, there is no error of zlib's.
    return !isOfZlib(error.cause) || error.cause.code !== "Z_BUF_ERROR";
  }
}

function isOfZlib(error: unknown): error is { readonly code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}
