import { type CsvColumns, createFieldOf, type FieldOf, isHeader } from "./csv-header.js";
import { noHeader, requireOnce } from "./csv-lines.js";
import { type CsvRow, type CsvSyntax, PLAIN_SYNTAX, utf8Of, wholeCsvRows } from "./csv-rows.js";
import type { InputOptions } from "./input-options.js";

/** Bytes at the beginning of a CSV file by which its dialect is detected. */
export const CSV_HEAD_BYTES: number = 64 * 1024;

/** What is known of a dataset's CSV files before one is read: the dataset's columns, and what somebody has set. */
export interface CsvOptions extends InputOptions {
  readonly form: CsvForm;
}

/** What a dataset's CSV files look like. */
interface CsvForm extends CsvColumns {
  /** The columns of numbers that may have decimals. */
  readonly decimals: readonly string[];
}

/** How a CSV file is written. */
export interface CsvDialect extends CsvSyntax {
  /** Whether the file is one that Lethe keeps as it came. */
  readonly isPlain: boolean;
  /** For people: "CSV separated by semicolons". */
  readonly description: string;
  /** The header row's number, from 1; 0 where the file has none. */
  readonly headerRow: number;
  /** The name of each column; null for one that has none. */
  readonly names: readonly (string | null)[];
  /** Whether a column's numbers have a decimal comma. */
  readonly hasDecimalComma: readonly boolean[];
}

const DELIMITERS = [",", ";", "\t", "|"];
const NAMES: Readonly<Record<string, string>> = { ";": "semicolons", "\t": "tabs", "|": "vertical bars" };
/** Rows that are not blank among which the header is looked for: some exports put a title above it. */
const HEADER_AMONG = 10;
/** The line by which Excel is told the delimiter; the mark before it is in UTF-8. */
const SEPARATOR_LINE = /^(?:\xef\xbb\xbf)*"?sep=([\t!#$%&*+,/:;<=>?@^`|~])"?\s*(?:[\r\n]|$)/i;

/**
 * Detects how a CSV file is written by the bytes that it begins with (in UTF-8, with or without a mark): the delimiter is the
 * one with which a row near the top names most of the dataset's fields, or the one of a `sep=` line, or the one that is
 * set. Throws UnreadableFileError for a file without a header row whose columns are not set either, and for one in which
 * two columns are the same field.
 */
export function detectCsvDialect(head: Buffer, options: CsvOptions): CsvDialect {
  const fieldOf = createFieldOf(options.form, options.names);
  const separator = SEPARATOR_LINE.exec(head.toString("latin1", 0, 64))?.[1];
  const said = options.delimiter ?? separator;
  const best = bestReading(said === undefined ? DELIMITERS : [said], (delimiter) =>
    readHead(head, { delimiter, escape: "quote" }, fieldOf, options),
  );
  const escaping = options.escape ?? (usesBackslash(head, best) ? "backslash" : "quote");
  const reading = escaping === "quote" ? best : readHead(head, { ...best.syntax, escape: escaping }, fieldOf, options);
  const syntax = { delimiter: reading.syntax.delimiter, escape: escaping };
  const isEmpty = reading.rows.every(({ fields, problem }) => fields.length === 0 && problem === undefined);
  if (isEmpty)
    return { ...PLAIN_SYNTAX, isPlain: true, description: "CSV", headerRow: 0, names: [], hasDecimalComma: [] };
  if (reading.header === undefined && options.columns === undefined) throw noHeader();
  return dialectOf(syntax, reading, fieldOf, options);
}

interface HeadReading {
  readonly syntax: CsvSyntax;
  readonly rows: readonly CsvRow[];
  /** The index of the header row among all rows. */
  readonly header: number | undefined;
  readonly score: number;
}

/** Returns the reading with the highest score. The first with two names or more has the right delimiter. */
function bestReading(delimiters: readonly string[], read: (delimiter: string) => HeadReading): HeadReading {
  let best: HeadReading | undefined;
  for (const delimiter of delimiters) {
    const reading = read(delimiter);
    if (best === undefined || reading.score > best.score) best = reading;
    if (best.score >= 2) break;
  }
  if (best === undefined) throw new RangeError("no delimiter was given");
  return best;
}

/** Reads the head with a delimiter. The header is worth more than any number of rows of equal length. */
function readHead(head: Buffer, syntax: CsvSyntax, fieldOf: FieldOf, options: CsvOptions): HeadReading {
  const first = rowsOfHead(head, syntax);
  const filled = first
    .map(({ fields, raw }, index) => ({ fields: isSeparatorLine(raw) ? [] : fields.map(utf8Of), index }))
    .filter(({ fields }) => fields.length > 0)
    .slice(0, HEADER_AMONG);
  const header = filled.find(({ fields }) => isHeader(fields, fieldOf, options.form));
  if (header === undefined) {
    const columns = options.columns?.length;
    const alike = filled.filter(
      ({ fields }) => fields.length > 1 && fields.length === (columns ?? filled[0]?.fields.length),
    );
    return { syntax, rows: first, header: undefined, score: alike.length / 100 };
  }
  const named = new Set(header.fields.map(fieldOf).filter((field) => field !== undefined)).size;
  return { syntax, rows: first, header: header.index, score: named };
}

/** Reports whether quotes have backslashes before them, and rows come out whole only where that is how they are written. */
function usesBackslash(head: Buffer, { syntax, rows }: HeadReading): boolean {
  return head.includes('\\"') && badIn(rowsOfHead(head, { ...syntax, escape: "backslash" })) < badIn(rows);
}

/** Returns the rows of a file's beginning. The last one may be the beginning of one. */
function rowsOfHead(head: Buffer, syntax: CsvSyntax): readonly CsvRow[] {
  return wholeCsvRows(head, { ...syntax, maxRecordBytes: head.length, cutsLong: true });
}

function badIn(rows: readonly CsvRow[]): number {
  const width = rows.find(({ fields }) => fields.length > 0)?.fields.length;
  return rows.filter(({ fields, problem }) => problem === "quote" || (fields.length > 0 && fields.length !== width))
    .length;
}

function dialectOf(
  syntax: CsvSyntax,
  { rows, header }: HeadReading,
  fieldOf: FieldOf,
  options: CsvOptions,
): CsvDialect {
  const cells = header === undefined ? undefined : (rows[header]?.fields.map(utf8Of) ?? []);
  if (cells !== undefined) requireOnce(cells, fieldOf);
  const named = cells?.map((cell) => fieldOf(cell) ?? (cell.trim() === "" ? null : cell)) ?? options.columns ?? [];
  const names =
    header !== undefined && endWithDelimiter(rows.slice(header + 1), named.length) ? [...named, null] : named;
  const hasDecimalComma = names.map(
    (name) => options.decimalComma === true && name !== null && options.form.decimals.includes(name),
  );
  const isFirst =
    header !== undefined &&
    rows.slice(0, header).every(({ fields, problem }) => fields.length === 0 && problem === undefined);
  const isPlain =
    isFirst &&
    syntax.delimiter === PLAIN_SYNTAX.delimiter &&
    syntax.escape === PLAIN_SYNTAX.escape &&
    names.every((name, i) => name !== null && name === cells?.[i]) &&
    !hasDecimalComma.includes(true);
  const parts = [
    ...(syntax.delimiter === "," ? [] : [`separated by ${NAMES[syntax.delimiter] ?? `"${syntax.delimiter}"`}`]),
    ...(header === undefined ? ["without a header row"] : []),
    ...(syntax.escape === "backslash" ? ["with backslashes before quotes"] : []),
    ...(hasDecimalComma.includes(true) ? ["with decimal commas"] : []),
  ];
  const what =
    parts.length === 0 ? (isPlain ? "CSV" : "CSV with a header written otherwise") : `CSV ${parts.join(", ")}`;
  return { ...syntax, isPlain, description: what, headerRow: (header ?? -1) + 1, names, hasDecimalComma };
}

/** Reports whether all rows have a delimiter behind their last field, while the header has none there. */
function endWithDelimiter(rows: readonly CsvRow[], width: number): boolean {
  const filled = rows.filter(({ fields }) => fields.length > 0);
  return filled.length > 1 && filled.every(({ fields }) => fields.length === width + 1 && fields[width] === "");
}

/** Reports whether a row, by its raw bytes, is a `sep=` line. */
export function isSeparatorLine(raw: string): boolean {
  return SEPARATOR_LINE.test(raw);
}
