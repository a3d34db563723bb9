import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UnreadableFileError } from "@lethe/contracts/errors";
import { parse } from "fast-csv";
import { dropRowMarks } from "./drop-row-marks.js";
import { guardCsv } from "./guard-csv.js";
import type { ByteSource, LineChunk } from "./line-chunk.js";
import type { ReadLimits } from "./read-limits.js";

const CHUNK_BYTES = 256 * 1024;
const LONGEST_NAME = 128;

/**
 * Converts each row of a CSV file into a JSON object on a line of its own, with the header's names and every field as
 * text. A row with more or fewer fields than the header becomes an array, which no dataset's schema accepts, so that
 * it is rejected and not lost. Blank lines are skipped, and a byte order mark at the start of a row is dropped.
 * Throws UnreadableFileError for bytes that are not UTF-8, a row over the limits, a quote that is not closed, two
 * columns with the same name, a column with a very long name, or a header that names none of `columns`, if they are given.
 */
export async function* csvLines(
  source: ByteSource,
  limits: ReadLimits,
  columns?: ReadonlySet<string>,
): AsyncGenerator<LineChunk> {
  // Header and ragged rows are told apart here: the parser would report ragged rows ahead of the rows before them.
  const parser = parse({ headers: false });
  let sourceFailure: { error: unknown } | undefined;
  async function* guarded() {
    try {
      yield* dropRowMarks(guardCsv(source, limits.maxRecordBytes));
    } catch (error) {
      sourceFailure = { error };
      throw error;
    }
  }
  const feed = pipeline(Readable.from(guarded()), parser).catch((error: Error) => void parser.destroy(error));
  let header: readonly string[] | undefined;
  let rowNumber = 0;
  let lines: string[] = [];
  let length = 0;
  try {
    for await (const row of parser as AsyncIterable<string[]>) {
      if (row.length === 0) continue;
      rowNumber += 1;
      if (row.length > limits.maxColumns) throw tooManyColumns(rowNumber, limits.maxColumns);
      if (header === undefined) {
        header = checkHeader(row, columns);
        continue;
      }
      const line = JSON.stringify(toRecord(header, row));
      lines.push(line);
      length += line.length;
      if (length >= CHUNK_BYTES) {
        yield toChunk(lines);
        lines = [];
        length = 0;
      }
    }
    await feed;
  } catch (error) {
    if (sourceFailure !== undefined) throw sourceFailure.error;
    throw error instanceof UnreadableFileError
      ? error
      : new UnreadableFileError("the file is not CSV", { cause: error });
  }
  if (lines.length > 0) yield toChunk(lines);
}

function noHeader(): UnreadableFileError {
  return new UnreadableFileError(
    "the file has no header row: its first row names none of the dataset's fields; send it with their names in the first row, separated by commas",
  );
}

function tooManyColumns(row: number, maxColumns: number): UnreadableFileError {
  return new UnreadableFileError(`row ${row} has more than ${maxColumns} columns (LETHE_MAX_COLUMNS)`);
}

function checkHeader(header: readonly string[], columns: ReadonlySet<string> | undefined): readonly string[] {
  // What stands there is a record: taken for names, it would be kept as the names of new fields.
  if (columns !== undefined && !header.some((name) => columns.has(name.trim().toLowerCase()))) throw noHeader();
  // Each row repeats the names: a long one would make much of a file that is short.
  if (header.some((name) => name.length > LONGEST_NAME)) {
    throw new UnreadableFileError(`a column's name is longer than ${LONGEST_NAME} characters`);
  }
  const names = header.filter((name) => name !== "");
  if (new Set(names).size < names.length) throw new UnreadableFileError("two columns have the same name");
  return header;
}

function toRecord(header: readonly string[], row: readonly string[]): unknown {
  return row.length === header.length ? Object.fromEntries(header.map((name, i) => [name, row[i]])) : row;
}

function toChunk(rows: readonly string[]): LineChunk {
  return { bytes: Buffer.from(`${rows.join("\n")}\n`), lines: rows.length };
}
