import type { InputFormat } from "../input-format.js";
import { csvLines } from "./csv-lines.js";
import { jsonArray, onOneLine } from "./json-array.js";
import { jsonLines } from "./json-lines.js";
import { type ByteSource, type LineChunk, NEWLINE, NEWLINE_BYTES } from "./line-chunk.js";

/**
 * Gives a file's records, a line each, whatever its shape. Takes the unpacked bytes and the greatest length of a record
 * in bytes. Memory does not grow with the file. Throws UnreadableFileError for a file that cannot be cut into records.
 */
export async function* readLines(
  source: ByteSource,
  shape: InputFormat["shape"],
  maxRecordBytes: number,
): AsyncGenerator<LineChunk> {
  const bytes = withoutByteOrderMark(source);
  if (shape === "csv") yield* csvLines(bytes, maxRecordBytes);
  else if (shape === "ndjson") yield* jsonLines(bytes, maxRecordBytes);
  else yield* jsonRecords(bytes, maxRecordBytes);
}

/** A `.json` file holds lines, an array, or a single object that may stand on many lines. */
async function* jsonRecords(source: ByteSource, maxRecordBytes: number): AsyncGenerator<LineChunk> {
  const iterator = source[Symbol.asyncIterator]();
  const head = await takeUntil(iterator, maxRecordBytes, (bytes) => firstByte(bytes) !== undefined);
  const first = firstByte(head);
  if (first === "[") {
    yield* jsonArray(chain(head, iterator), maxRecordBytes);
    return;
  }
  const line = await takeUntil(iterator, maxRecordBytes, (bytes) => firstLine(bytes) !== undefined, head);
  const whole = isJson(firstLine(line) ?? line)
    ? undefined
    : await takeUntil(iterator, maxRecordBytes, () => false, line);
  if (whole !== undefined && whole.length <= maxRecordBytes && isJson(whole)) {
    yield { bytes: Buffer.concat([onOneLine(whole), NEWLINE_BYTES]), lines: 1 };
    return;
  }
  yield* jsonLines(chain(whole ?? line, iterator), maxRecordBytes);
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

const BYTE_ORDER_MARK = Buffer.from("\ufeff");

async function* withoutByteOrderMark(source: ByteSource): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of source) {
    if (head === undefined) {
      yield piece;
      continue;
    }
    head = Buffer.concat([head, piece]);
    if (head.length < BYTE_ORDER_MARK.length && BYTE_ORDER_MARK.indexOf(head) === 0) continue;
    yield head.indexOf(BYTE_ORDER_MARK) === 0 ? head.subarray(BYTE_ORDER_MARK.length) : head;
    head = undefined;
  }
  if (head !== undefined && head.length > 0) yield head;
}
