import { badRowMark } from "./bad-row-mark.js";
import { type CsvDialect, isSeparatorLine } from "./csv-dialect.js";
import { uniqueNames } from "./csv-header.js";
import { OWN_HEADER_MARKS } from "./csv-lines.js";
import { type CsvRow, csvRows, rowText } from "./csv-rows.js";
import { createForeignCount } from "./foreign-rows.js";
import type { ByteSource } from "./line-chunk.js";
import type { ReadLimits } from "./read-limits.js";

const CHUNK_BYTES = 256 * 1024;

/**
 * Yields a CSV file in the form in which Lethe keeps such files: separated by commas, lines ended by LF, below a header with the
 * dataset's names. Each row of the file is a row behind that header, so that rows keep their numbers: its own header and what
 * is blank are blank lines, and a row that cannot become a record is there with its problem and its text. Bytes must be
 * those that `dialect` was detected from. Throws UnreadableFileError as `csvRows` does.
 */
export async function* plainCsv(source: ByteSource, dialect: CsvDialect, limits: ReadLimits): AsyncGenerator<Buffer> {
  const { names, headerRow, hasDecimalComma } = dialect;
  const named = names.flatMap((name, index) => (name === null ? [] : [{ name, index }]));
  const header = uniqueNames(named.map(({ name }) => name)).map(latin1Of);
  const kept = named.map(({ index }) => ({ index, toValue: hasDecimalComma[index] === true ? withPoint : asItIs }));
  const unnamed = names.flatMap((name, index) => (name === null ? [index] : []));
  const foreign = createForeignCount();
  let ownHeader: readonly string[] | undefined;
  let rowNumber = 0;
  let chunk = `${OWN_HEADER_MARKS.toString("latin1")}${header.map(quoted).join(",")}\n`;

  /** Returns what stands for a row, without its line end. */
  function plainRow(row: CsvRow): string {
    const { fields, problem } = row;
    if (problem !== undefined) {
      // Bytes that are not UTF-8 are kept as characters.
      if (problem === "utf8") return bad(badRowMark({ problem }), latin1Of(rowText(row.raw)));
      return bad(badRowMark({ problem: "quote" }), rowText(row.raw));
    }
    if (fields.length === 0 || rowNumber === headerRow) return "";
    if (rowNumber < headerRow) {
      return isSeparatorLine(row.raw) ? "" : bad(badRowMark({ problem: "above" }), rowText(row.raw));
    }
    if (headerRow === 0 && rowNumber === 1 && isSeparatorLine(row.raw)) return "";
    if (fields.length !== names.length || unnamed.some((index) => fields[index]?.trim() !== "")) {
      return bad(badRowMark({ problem: "fields", has: fields.length, wants: names.length }), rowText(row.raw));
    }
    if (ownHeader !== undefined && fields.every((field, i) => field === ownHeader?.[i])) return "";
    return kept.map(({ index, toValue }) => quoted(toValue(fields[index] ?? ""))).join(",");
  }

  /** Returns a row that has one field more than the header. */
  function bad(mark: string, text: string): string {
    return `${mark},${quoted(text)}${",".repeat(Math.max(0, header.length - 1))}`;
  }

  const { maxRecordBytes } = limits;
  const { delimiter, escape: escaping } = dialect;
  const options = { delimiter, escape: escaping, maxRecordBytes, fieldCount: names.length };
  for await (const rows of csvRows(source, options)) {
    for (const row of rows) {
      rowNumber += 1;
      foreign.take(row);
      if (rowNumber === headerRow) ownHeader = row.fields;
      chunk += `${plainRow(row)}\n`;
      if (chunk.length < CHUNK_BYTES) continue;
      yield Buffer.from(chunk, "latin1");
      chunk = "";
    }
  }
  foreign.end();
  yield Buffer.from(chunk, "latin1");
}

function latin1Of(text: string): string {
  return Buffer.from(text).toString("latin1");
}

function asItIs(field: string): string {
  return field;
}

const DECIMAL_COMMA = /^\s*([+-]?)(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d+))?\s*$/;

/** Writes `1.234,56` as `1234.56`. Any other text stays as it is, so that the schema's check names it. */
function withPoint(field: string): string {
  const [, sign = "", whole, decimals] = DECIMAL_COMMA.exec(field) ?? [];
  if (whole === undefined) return field;
  return `${sign}${whole.replaceAll(".", "")}${decimals === undefined ? "" : `.${decimals}`}`;
}

/** Writes a field so that a reader takes it as it is: in quotes where it may begin with a mark or white space, too. */
function quoted(field: string): string {
  return /[",\r\n]|^[\t\v\f \xc2\xe1-\xef]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
