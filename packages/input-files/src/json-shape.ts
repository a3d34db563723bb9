import { type ByteSource, NEWLINE } from "./line-chunk.js";

const OPEN_BRACKET = 0x5b;
const SPACE = 0x20;

export interface ShapedSource {
  /** A record a line; an array of records; or one record that may stand on many lines (then `source` is one piece). */
  readonly shape: "lines" | "array" | "object";
  /** All bytes of the file, those that were looked at first. */
  readonly source: ByteSource;
}

/**
 * Finds out what a `.json` file holds, by its first bytes: an array opens with a bracket; a file whose first line is no
 * JSON by itself, but which is as a whole, and no longer than a record may be, is a single object.
 */
export async function detectJsonShape(source: ByteSource, maxRecordBytes: number): Promise<ShapedSource> {
  const iterator = source[Symbol.asyncIterator]();
  const begun: Begun = { pieces: [], length: 0 };
  const start = await takeUntil(iterator, maxRecordBytes, begun, 0, firstNonBlank);
  const head = joined(begun);
  // What lies beyond the limit does not count, though it may have come with the same piece: else pieces would decide.
  if (start <= maxRecordBytes && head[start] === OPEN_BRACKET) return { shape: "array", source: chain(head, iterator) };
  const end = await takeUntil(iterator, maxRecordBytes, begun, start, (bytes) => bytes.indexOf(NEWLINE));
  const line = joined(begun);
  if (isJson(line.subarray(start, end))) return { shape: "lines", source: chain(line, iterator) };
  await takeUntil(iterator, maxRecordBytes, begun, begun.length, () => -1);
  const whole = joined(begun);
  const isObject = whole.length <= maxRecordBytes && isJson(whole);
  return { shape: isObject ? "object" : "lines", source: chain(whole, iterator) };
}

/** The bytes that were taken so far; joined only when they are asked for, so that many pieces cost no more than few. */
interface Begun {
  pieces: Buffer[];
  length: number;
}

/**
 * Reads bytes until `find` finds a place in them. `find` sees the bytes from `from` on, each piece once. Returns the
 * place that was found, or the length of everything read if that exceeds `limit` or the source ends.
 */
async function takeUntil(
  iterator: AsyncIterator<Buffer>,
  limit: number,
  begun: Begun,
  from: number,
  find: (bytes: Buffer) => number,
): Promise<number> {
  let looked = from;
  let unseen = joined(begun).subarray(looked);
  for (;;) {
    const found = find(unseen);
    if (found !== -1) return looked + found;
    looked += unseen.length;
    if (begun.length > limit) return begun.length;
    const next = await iterator.next();
    if (next.done === true) return begun.length;
    unseen = next.value;
    begun.pieces.push(unseen);
    begun.length += unseen.length;
  }
}

function joined(begun: Begun): Buffer {
  const whole = begun.pieces.length === 1 ? begun.pieces[0] : undefined;
  if (whole !== undefined) return whole;
  const bytes = Buffer.concat(begun.pieces);
  begun.pieces = [bytes];
  return bytes;
}

async function* chain(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

function firstNonBlank(bytes: Buffer): number {
  return bytes.findIndex((byte) => byte > SPACE);
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}
