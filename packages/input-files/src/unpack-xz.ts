import { ReadableStream } from "node:stream/web";
import { UnreadableFileError } from "@lethe/contracts/errors";
import { XzReadableStream } from "xz-decompress";
import type { ByteSource } from "./line-chunk.js";

/**
 * Yields what an xz file unpacks to, all of its streams one after another. Throws UnreadableFileError at a place where the
 * data is torn or damaged, and for a file packed in a way that the decoder does not know.
 */
export async function* unpackXz(stored: ByteSource): AsyncGenerator<Buffer> {
  const pieces = stored[Symbol.asyncIterator]();
  let sourceFailure: { readonly error: unknown } | undefined;
  const packed = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await pieces.next();
        if (done === true) controller.close();
        // The decoder takes the memory behind a piece for its own.
        else controller.enqueue(new Uint8Array(value));
      } catch (error) {
        sourceFailure = { error };
        controller.error(error);
      }
    },
  });
  try {
    for await (const piece of new XzReadableStream(packed)) yield Buffer.from(piece);
  } catch (error) {
    if (sourceFailure !== undefined) throw sourceFailure.error;
    throw describe(error);
  }
}

/** What the decoder's numbers mean (xz-embedded, `enum xz_ret`). */
const MEMORY_LIMIT = 4;
const NOT_XZ = 5;
const UNKNOWN_OPTION = 6;
const DATA_ENDS = 8;

function describe(cause: unknown): UnreadableFileError {
  const [, code] = /error code (\d+)/.exec(cause instanceof Error ? cause.message : "") ?? [];
  return new UnreadableFileError(TEXTS.get(Number(code)) ?? "the xz data is damaged; send the file again", { cause });
}

const TEXTS = new Map([
  [MEMORY_LIMIT, "the xz data needs a dictionary of more than 64 MiB; pack the file with xz -6 and send it again"],
  [NOT_XZ, "the xz data is damaged, or something follows it; send the file again"],
  [
    UNKNOWN_OPTION,
    "the xz data is packed with a filter or check that is not read; pack the file with xz -6 and send it again",
  ],
  [DATA_ENDS, "the xz data ends too early; send the file again whole"],
]);
