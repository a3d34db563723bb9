import { Readable } from "node:stream";
import { createGunzip, gunzipSync, type ZlibOptions } from "node:zlib";
import { UnreadableFileError } from "@lethe/contracts/errors";
import type { ByteSource } from "./line-chunk.js";

/** The gzip data is torn or damaged, or bytes follow it. `gunzipMembers` tells which. */
export class GzipDataError extends UnreadableFileError {
  // To all but those who look for it, it is what it extends.
  override readonly name = "UnreadableFileError";
}

export const READ_BYTES = 1024 * 1024;

/** A compressed file of at most this size is unpacked in one step, unless it becomes too large. */
const SMALL_PACKED_BYTES = 64 * 1024;
const SMALL_UNPACKED_BYTES = READ_BYTES;

/**
 * Yields a file's bytes, unpacked if the file is compressed, in that case in pieces of at most `pieceBytes`. Throws
 * UnreadableFileError when it reaches a place where gzip data is truncated or damaged; and if `isWhole` is true, where bytes
 * follow it that are no gzip data, padding included.
 */
export async function* unpackedBytes(
  stored: ByteSource,
  gzip: boolean,
  pieceBytes = READ_BYTES,
  isWhole = false,
): AsyncGenerator<Buffer> {
  if (!gzip) {
    yield* stored;
    return;
  }
  const pieces = stored[Symbol.asyncIterator]();
  const [first, second] = [await pieces.next(), await pieces.next()];
  if (first.done !== true && second.done === true && first.value.length <= SMALL_PACKED_BYTES) {
    const whole = unpackSmall(first.value, isWhole);
    if (whole !== undefined) {
      for (let i = 0; i < whole.length; i += pieceBytes) yield whole.subarray(i, i + pieceBytes);
      return;
    }
  }
  const packed = countBytes(resumed([first, second], pieces));
  const source = Readable.from(packed.source);
  const gunzip = createGunzip({ chunkSize: pieceBytes });
  source.once("error", (error) => gunzip.destroy(error));
  source.pipe(gunzip);
  try {
    // What is kept of a piece would keep all of the room that it was unpacked into.
    for await (const piece of gunzip) yield piece.length < pieceBytes ? Buffer.from(piece) : piece;
    if (isWhole && !(packed.isRead() && gunzip.bytesWritten === packed.bytes())) throw new GzipDataError(FOLLOWED);
  } catch (error) {
    throw isZlibError(error) ? new GzipDataError(describe(error), { cause: error }) : error;
  } finally {
    source.destroy();
  }
}

/**
 * Unpacks a small file without the streams, which cost ten times as much. Returns undefined when it becomes large, or is
 * torn or damaged: then it is read again in pieces, so that what comes before the damage is seen.
 */
function unpackSmall(packed: Buffer, isWhole: boolean): Buffer | undefined {
  try {
    const { buffer, engine } = unpackWithInfo(packed, { maxOutputLength: SMALL_UNPACKED_BYTES, info: true });
    return isWhole && engine.bytesWritten < packed.length ? undefined : buffer;
  } catch {
    return undefined;
  }
}

// Node's types do not know of `info` here.
const unpackWithInfo = gunzipSync as unknown as (
  packed: Buffer,
  options: ZlibOptions,
) => { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };

const FOLLOWED = "bytes follow the gzip data";

function countBytes(source: ByteSource) {
  let bytes = 0;
  let isRead = false;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const piece of source) {
      bytes += piece.length;
      yield piece;
    }
    isRead = true;
  }
  return { source: counted(), bytes: () => bytes, isRead: () => isRead };
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
