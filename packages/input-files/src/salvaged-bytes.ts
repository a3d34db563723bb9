import { createGunzip } from "node:zlib";
import type { ByteSource } from "./line-chunk.js";

/** Bytes on disk that are unpacked together: at the best packing there is, 4 MiB come of them. */
const STEP_BYTES = 4 * 1024;

/**
 * Yields what can be unpacked of a truncated or damaged file, without an error for the rest. Bytes after the damage
 * cannot be read without knowing what was there. Memory does not grow with the file.
 */
export async function* salvagedBytes(stored: ByteSource, gzip: boolean): AsyncGenerator<Buffer> {
  if (!gzip) {
    yield* stored;
    return;
  }
  // zlib gives nothing of the step in which it meets damage. So one goes ahead, and the other takes the step at which the
  // first one failed byte by byte, up to the damage.
  const scout = startUnpacking();
  const follower = startUnpacking();
  try {
    for await (const piece of stored) {
      for (let start = 0; start < piece.length; start += STEP_BYTES) {
        const step = piece.subarray(start, start + STEP_BYTES);
        const { isWhole } = await scout.unpack(step);
        for (const part of isWhole ? [step] : singleBytes(step)) {
          const unpacked = await follower.unpack(part);
          yield* unpacked.pieces;
          if (!unpacked.isWhole) return;
        }
      }
    }
  } finally {
    scout.stop();
    follower.stop();
  }
}

function* singleBytes(bytes: Buffer): Generator<Buffer> {
  for (let i = 0; i < bytes.length; i++) yield bytes.subarray(i, i + 1);
}

interface Unpacking {
  /** Returns what comes of the next bytes, and whether all of them could be unpacked. */
  unpack(bytes: Buffer): Promise<{ readonly pieces: readonly Buffer[]; readonly isWhole: boolean }>;
  stop(): void;
}

function startUnpacking(): Unpacking {
  const gunzip = createGunzip();
  let pieces: Buffer[] = [];
  gunzip.on("data", (piece: Buffer) => pieces.push(piece));
  const over = new Promise<false>((resolve) => {
    for (const event of ["end", "error", "close"]) gunzip.on(event, () => resolve(false));
  });
  const written = (bytes: Buffer) =>
    new Promise<boolean>((resolve) => {
      if (!gunzip.writable) resolve(false);
      else gunzip.write(bytes, (error) => resolve(error === null || error === undefined));
    });
  return {
    async unpack(bytes) {
      const isWhole = await Promise.race([written(bytes), over]);
      const unpacked = pieces;
      pieces = [];
      return { pieces: unpacked, isWhole };
    },
    stop: () => void gunzip.destroy(),
  };
}
