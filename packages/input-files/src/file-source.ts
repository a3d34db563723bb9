import { Readable } from "node:stream";
import { createGunzip, gunzipSync } from "node:zlib";
import { UnreadableFileError } from "@lethe/contracts/errors";
import type { ByteSource } from "./line-chunk.js";

export const READ_BYTES = 1024 * 1024;

/** A compressed file of at most this size is unpacked in one step, unless it becomes too large. */
const SMALL_PACKED_BYTES = 64 * 1024;
const SMALL_UNPACKED_BYTES = READ_BYTES;

/**
 * Yields a file's bytes, unpacked if the file is compressed, in that case in pieces of at most `pieceBytes`. Throws
 * UnreadableFileError when it reaches a place where gzip data is truncated or damaged.
 */
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
