import type { CsvColumns } from "./csv-header.js";
import { csvLines } from "./csv-lines.js";
import type { InputFormat } from "./input-format.js";
import { jsonArray, onOneLine } from "./json-array.js";
import { jsonLines } from "./json-lines.js";
import { detectJsonShape } from "./json-shape.js";
import { type ByteSource, type LineChunk, NEWLINE_BYTES } from "./line-chunk.js";
import type { ReadLimits } from "./read-limits.js";

/**
 * Returns a file's records, a line each, whatever its shape. Takes the unpacked bytes. Memory does not grow with the
 * file. Throws UnreadableFileError for a file that cannot be cut into records, and for a CSV file without a
 * header, if its `columns` are given.
 */
export async function* readLines(
  source: ByteSource,
  shape: InputFormat["shape"],
  limits: ReadLimits,
  columns?: CsvColumns,
): AsyncGenerator<LineChunk> {
  if (shape === "csv") {
    yield* csvLines(source, limits, columns);
    return;
  }
  const bytes = withoutByteOrderMark(source);
  if (shape === "ndjson") yield* jsonLines(bytes, limits.maxRecordBytes);
  else yield* jsonRecords(bytes, limits.maxRecordBytes);
}

async function* jsonRecords(bytes: ByteSource, maxRecordBytes: number): AsyncGenerator<LineChunk> {
  const { shape, source } = await detectJsonShape(bytes, maxRecordBytes);
  if (shape === "array") yield* jsonArray(source, maxRecordBytes);
  else if (shape === "lines") yield* jsonLines(source, maxRecordBytes);
  else for await (const whole of source) yield { bytes: Buffer.concat([onOneLine(whole), NEWLINE_BYTES]), lines: 1 };
}

const BYTE_ORDER_MARK = Buffer.from("\ufeff");

/** Passes a text on without the byte order mark that it begins with. */
export async function* withoutByteOrderMark(source: ByteSource): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of source) {
    if (head === undefined) {
      yield piece;
      continue;
    }
    head = head.length === 0 ? piece : Buffer.concat([head, piece]);
    if (head.length < BYTE_ORDER_MARK.length && BYTE_ORDER_MARK.indexOf(head) === 0) continue;
    yield head.indexOf(BYTE_ORDER_MARK) === 0 ? head.subarray(BYTE_ORDER_MARK.length) : head;
    head = undefined;
  }
  if (head !== undefined && head.length > 0) yield head;
}
