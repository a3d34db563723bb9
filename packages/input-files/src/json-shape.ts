import { type ByteSource, NEWLINE } from "./line-chunk.js";

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
  const head = await takeUntil(iterator, maxRecordBytes, (bytes) => firstByte(bytes) !== undefined);
  if (firstByte(head) === "[") return { shape: "array", source: chain(head, iterator) };
  const line = await takeUntil(iterator, maxRecordBytes, (bytes) => firstLine(bytes) !== undefined, head);
  if (isJson(firstLine(line) ?? line)) return { shape: "lines", source: chain(line, iterator) };
  const whole = await takeUntil(iterator, maxRecordBytes, () => false, line);
  const isObject = whole.length <= maxRecordBytes && isJson(whole);
  return { shape: isObject ? "object" : "lines", source: chain(whole, iterator) };
}

/** Collects bytes until `enough` says so, they are more than `limit`, or the source ends. */
async function takeUntil(
  iterator: AsyncIterator<Buffer>,
  limit: number,
  enough: (bytes: Buffer) => boolean,
  start: Buffer = Buffer.alloc(0),
): Promise<Buffer> {
  let bytes = start;
  while (bytes.length <= limit && !enough(bytes)) {
    const next = await iterator.next();
    if (next.done === true) break;
    bytes = Buffer.concat([bytes, next.value]);
  }
  return bytes;
}

async function* chain(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

function firstByte(bytes: Buffer): string | undefined {
  const index = bytes.findIndex((byte) => byte > 0x20);
  return index === -1 ? undefined : String.fromCharCode(bytes[index] ?? 0);
}

/** The first line that is not blank, once its end is there. */
function firstLine(bytes: Buffer): Buffer | undefined {
  const start = bytes.findIndex((byte) => byte > 0x20);
  const end = start === -1 ? -1 : bytes.indexOf(NEWLINE, start);
  return end === -1 ? undefined : bytes.subarray(start, end);
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}
