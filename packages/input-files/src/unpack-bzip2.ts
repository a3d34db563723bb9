import { UnreadableFileError } from "@lethe/contracts/errors";
import unbzip2 from "unbzip2-stream";
import type { ByteSource } from "./line-chunk.js";

/**
 * Yields what a bzip2 file unpacks to, all of its streams one after another. Throws UnreadableFileError at a place where the
 * data is torn or damaged.
 */
export async function* unpackBzip2(stored: ByteSource): AsyncGenerator<Buffer> {
  const decoder = unbzip2();
  let unpacked: Buffer[] = [];
  let failure: Error | undefined;
  decoder.on("data", (piece: Buffer) => unpacked.push(piece));
  decoder.on("error", (error: Error) => {
    failure ??= error;
  });
  const take = () => {
    const pieces = unpacked;
    unpacked = [];
    return pieces;
  };
  // The decoder works while it is written to, so nothing has to be waited for.
  const work = (step: () => void) => {
    try {
      step();
    } catch (error) {
      failure ??= error instanceof Error ? error : new Error(String(error));
    }
    if (failure !== undefined) {
      throw new UnreadableFileError("the bzip2 data is damaged or ends too early; send the file again", {
        cause: failure,
      });
    }
  };
  for await (const piece of stored) {
    for (let i = 0; i < piece.length; i += STEP_BYTES) {
      work(() => decoder.write(piece.subarray(i, i + STEP_BYTES)));
      yield* take();
    }
  }
  work(() => decoder.end());
  yield* take();
}

/** The decoder unpacks as many blocks as it has been given: with larger steps it would hold more of them at once. */
const STEP_BYTES = 16 * 1024;
