import { createReadStream } from "node:fs";
import fc from "fast-check";
import type { InputFormat } from "../src/input-format.js";
import type { ByteSource } from "../src/line-chunk.js";
import type { ReadLimits } from "../src/read-limits.js";
import { readLines } from "../src/read-lines.js";

export const LIMITS: ReadLimits = { maxRecordBytes: 64 * 1024, maxColumns: 20 };

export type Cuts = readonly number[] | "everywhere";

/** Returns the bytes in pieces that end where `cuts` says; a cut beyond the end is none. */
export async function* inPieces(bytes: Buffer, cuts: Cuts = []): AsyncGenerator<Buffer> {
  const places = cuts === "everywhere" ? bytes.keys() : [...new Set(cuts)].sort((a, b) => a - b);
  let start = 0;
  for (const place of places) {
    if (place <= start || place >= bytes.length) continue;
    yield bytes.subarray(start, place);
    start = place;
  }
  if (start < bytes.length) yield bytes.subarray(start);
}

/** Where a file of some hundred bytes may be cut into pieces. */
export const anyCuts: fc.Arbitrary<Cuts> = fc.oneof(
  fc.array(fc.nat(400), { maxLength: 12 }),
  fc.constant<Cuts>("everywhere"),
);

/** Returns all lines that a source is cut into; throws if a chunk holds another number of lines than it says. */
export async function linesOf(
  source: ByteSource,
  shape: InputFormat["shape"],
  limits: Partial<ReadLimits> = {},
): Promise<string[]> {
  const lines: string[] = [];
  for await (const chunk of readLines(source, shape, { ...LIMITS, ...limits })) {
    const text = chunk.bytes.toString("utf8");
    const inChunk = text.split("\n");
    if (inChunk.pop() !== "" || inChunk.length !== chunk.lines) throw new Error("a chunk does not hold whole lines");
    lines.push(...inChunk);
  }
  return lines;
}

/** Returns `count` pieces of the same bytes and counts how many were asked for. */
export function endless(piece: Buffer, count: number): { source: ByteSource; taken: () => number } {
  let taken = 0;
  async function* pieces() {
    for (; taken < count; taken++) yield piece;
  }
  return { source: pieces(), taken: () => taken };
}

/** Returns a source that fails like a disk does. */
export function brokenDisk(): ByteSource {
  return createReadStream("/nonexistent/customers.json");
}
