import type { CsvRowProblem } from "@lethe/contracts/csv-row-problem";
import { UnreadableFileError } from "@lethe/contracts/errors";
import { problemOfMark } from "./bad-row-mark.js";
import { type CsvColumns, createFieldOf, type FieldOf, isHeader, uniqueNames } from "./csv-header.js";
import { type CsvRow, csvRows, PLAIN_SYNTAX, rowText, utf8Of } from "./csv-rows.js";
import { createForeignCount } from "./foreign-rows.js";
import type { ByteSource, LineChunk } from "./line-chunk.js";
import type { ReadLimits } from "./read-limits.js";

const CHUNK_BYTES = 256 * 1024;
const LONGEST_NAME = 128;
/** A header with these marks before it was written by Lethe and has no row number. */
export const OWN_HEADER_MARKS: Buffer = Buffer.from("\ufeff\ufeff");
const OWN_HEADER = OWN_HEADER_MARKS.toString("latin1");

/**
 * Converts each row of a plain CSV file into a line: a JSON object with the header's names and every field as text, or for
 * a row that cannot become a record, an array of its problem and its text (`badRowOf`). The header, a row that repeats it
 * and blank rows become blank lines, so that a line's number is the row's, as spreadsheets count. Throws
 * UnreadableFileError for a row over the limits, a header that cannot be read or has a very long name, a file that seems
 * to be in another encoding, and where `columns` are given, for a file without a header row, with one of them twice, or
 * with another header further down.
 */
export async function* csvLines(
  source: ByteSource,
  limits: ReadLimits,
  columns?: CsvColumns,
): AsyncGenerator<LineChunk> {
  const options = { ...PLAIN_SYNTAX, maxRecordBytes: limits.maxRecordBytes };
  const foreign = createForeignCount();
  let header: Header | undefined;
  let rowNumber = 0;
  let chunk = "";
  let lines = 0;
  for await (const rows of csvRows(source, options)) {
    for (const row of rows) {
      rowNumber += 1;
      if (header === undefined) {
        if (row.problem !== undefined) throw badHeader(rowNumber, row.problem);
        if (row.fields.length > limits.maxColumns) throw tooManyColumns(rowNumber, limits.maxColumns);
        if (row.fields.length > 0) header = readHeader(row.fields, columns);
        if (row.fields.length > 0 && row.raw.startsWith(OWN_HEADER)) {
          rowNumber -= 1;
          continue;
        }
      } else {
        foreign.take(row);
        chunk += lineOf(row, header, rowNumber);
      }
      chunk += "\n";
      lines += 1;
      if (chunk.length < CHUNK_BYTES) continue;
      yield { bytes: Buffer.from(chunk, "latin1"), lines };
      chunk = "";
      lines = 0;
    }
  }
  foreign.end();
  if (lines > 0) yield { bytes: Buffer.from(chunk, "latin1"), lines };
}

/** Creates the error for a file without a header row. None of it may be shown: what stands there is a record. */
export function noHeader(): UnreadableFileError {
  return new UnreadableFileError(
    "the file has no header row: its first row does not have the names of the dataset's fields; send it with them, or set columns for the dataset in LETHE_INPUT_FORMATS",
  );
}

interface Header {
  /** As they stand in the file. */
  readonly names: readonly string[];
  /** `"name":` for each, in JSON. */
  readonly keys: readonly string[];
  /** Reports whether a row is a header of another kind. */
  readonly isOther: (row: readonly string[]) => boolean;
}

/** Returns the line of a row without its line end, each byte as a character. */
function lineOf(row: CsvRow, { names, keys, isOther }: Header, rowNumber: number): string {
  const { fields, problem } = row;
  if (problem !== undefined) {
    const isText = problem === "quote";
    return badLine({ row: rowNumber, problem: isText ? "quote" : "utf8" }, textOf(row, isText));
  }
  if (fields.length === 0) return "";
  if (fields.length !== keys.length) {
    const marked = problemOfMark(fields, keys.length);
    if (marked === undefined) {
      return badLine({ row: rowNumber, problem: "fields", has: fields.length, wants: keys.length }, rowText(row.raw));
    }
    const text = fields[1] ?? "";
    // The bytes of a row that is not UTF-8 stand there as characters.
    const bytes = marked.problem === "utf8" ? Buffer.from(utf8Of(text), "latin1").toString("base64") : text;
    return badLine({ row: rowNumber, ...marked }, bytes);
  }
  if (fields[0] === names[0] && fields.every((field, i) => field === names[i])) return "";
  if (isOther(fields)) throw otherHeader(rowNumber);
  let line = "";
  for (let i = 0; i < keys.length; i++) line += `${i === 0 ? "{" : ","}${keys[i]}${jsonText(fields[i] ?? "")}`;
  return `${line}}`;
}

/** Writes a text as JSON. */
function jsonText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those that JSON escapes
  return /["\\\x00-\x1f]/.test(text) ? JSON.stringify(text) : `"${text}"`;
}

function textOf({ raw }: CsvRow, isText: boolean): string {
  return isText ? rowText(raw) : Buffer.from(rowText(raw), "latin1").toString("base64");
}

function badLine(problem: CsvRowProblem, latin1: string): string {
  return JSON.stringify([problem, latin1]);
}

function readHeader(cells: readonly string[], columns: CsvColumns | undefined): Header {
  const names = cells.map(utf8Of);
  const fieldOf = columns && createFieldOf(columns);
  if (columns !== undefined && fieldOf !== undefined) {
    if (!isHeader(names, fieldOf, columns)) throw noHeader();
    requireOnce(names, fieldOf);
  }
  // Each row repeats the names: a long one would make much of a file that is short.
  if (names.some((name) => name.length > LONGEST_NAME)) {
    throw new UnreadableFileError(`a column's name is longer than ${LONGEST_NAME} characters`);
  }
  const known = new Set(cells.filter((cell) => fieldOf?.(utf8Of(cell)) !== undefined));
  return {
    names: cells,
    keys: uniqueNames(names).map((name) => `${Buffer.from(JSON.stringify(name)).toString("latin1")}:`),
    isOther: (row) => known.size > 1 && row.every((cell) => known.has(cell)),
  };
}

/** Throws UnreadableFileError if a field of the dataset has two columns: one of them would be lost. */
export function requireOnce(names: readonly string[], fieldOf: FieldOf): void {
  const fields = names.map(fieldOf).filter((field) => field !== undefined);
  const twice = fields.find((field, i) => fields.indexOf(field) !== i);
  if (twice !== undefined) throw new UnreadableFileError(`two columns have the same name, that of the field ${twice}`);
}

function badHeader(row: number, problem: "quote" | "utf8" | "long"): UnreadableFileError {
  return new UnreadableFileError(
    problem === "quote"
      ? `row ${row}, the header, has a quote that is not closed`
      : `row ${row}, the header, is not UTF-8; send it as UTF-8, or set encoding for the dataset in LETHE_INPUT_FORMATS`,
  );
}

function otherHeader(row: number): UnreadableFileError {
  return new UnreadableFileError(
    `row ${row} is another header, with the columns in another order; send what follows it as a file of its own`,
  );
}

function tooManyColumns(row: number, maxColumns: number): UnreadableFileError {
  return new UnreadableFileError(`row ${row} has more than ${maxColumns} columns (LETHE_MAX_COLUMNS)`);
}
