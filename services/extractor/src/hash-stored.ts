import { createHash } from "node:crypto";
import type { ByteSource } from "@lethe/input-files/line-chunk";

export interface HashedBytes {
  /** The same bytes. Whoever reads them may stop early. */
  readonly source: ByteSource;
  /** Reads on to the end and returns the SHA-256 of all of the bytes, and their number. */
  finish(): Promise<{ readonly sha256: Buffer; readonly bytes: number }>;
}

/**
 * Wraps a file's bytes so that their SHA-256 is computed while they are read. `source` yields the bytes; `finish`
 * reads the remaining ones and returns the hash and the length. Both throw when `signal` aborts.
 */
export function hashStored(stored: ByteSource, signal: AbortSignal): HashedBytes {
  const hash = createHash("sha256");
  let bytes = 0;
  async function* hashed(): AsyncGenerator<Buffer> {
    for await (const piece of stored) {
      signal.throwIfAborted();
      hash.update(piece);
      bytes += piece.length;
      yield piece;
    }
  }
  const iterator = hashed();
  return {
    // Without `return`, which would end it with its reader.
    source: { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) },
    async finish() {
      for await (const _piece of iterator) {
        // Read for the hash alone.
      }
      return { sha256: hash.digest(), bytes };
    },
  };
}
