import { isUtf8 } from "node:buffer";
import { UnreadableFileError } from "@lethe/contracts/errors";
import { tooLong } from "./json-lines.js";
import type { ByteSource } from "./line-chunk.js";
import { cutBetweenWords } from "./rewrite.js";

/** How a CSV file is written: what separates its fields, and how a quote within quotes is written. */
export interface CsvSyntax {
  /** One ASCII character. */
  readonly delimiter: string;
  /** `quote`: a quote is doubled. `backslash`: it has a backslash before it. */
  readonly escape: "quote" | "backslash";
}

/** The form in which Lethe keeps CSV. */
export const PLAIN_SYNTAX: CsvSyntax = { delimiter: ",", escape: "quote" };

/**
 * A row of a CSV file. Each byte is a character (Latin-1) in `raw` and in the fields, whatever the file's encoding: so the
 * raw bytes can be had exactly, and `utf8Of` returns the text of a field.
 */
export interface CsvRow {
  /** All of its bytes, with the marks before it and its line end. */
  readonly raw: string;
  /** None of a row that is blank, of delimiters alone, or bad. */
  readonly fields: readonly string[];
  /** `quote`: a quote is not closed, or stands where none may; `utf8`: bytes that are not UTF-8; `long`: a piece of a row. */
  readonly problem?: "quote" | "utf8" | "long";
}

export interface CsvRowsOptions extends CsvSyntax {
  /** Greatest length of a row in bytes. */
  readonly maxRecordBytes: number;
  /** The number of fields that rows have; without it, that of the first row that is not blank. */
  readonly fieldCount?: number;
  /** Whether a line that is too long comes in pieces; otherwise it is an error. */
  readonly cutsLong?: boolean;
}

const MARK = "\xef\xbb\xbf";
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LF = 0x0a;
const CR = 0x0d;
/** White space but line ends, as UTF-8, which may stand around quotes. */
const SPACE =
  "[\\t\\v\\f ]|\\xc2\\xa0|\\xe1\\x9a\\x80|\\xe2\\x80[\\x80-\\x8a\\xa8\\xa9\\xaf]|\\xe2\\x81\\x9f|\\xe3\\x80\\x80|\\xef\\xbb\\xbf";
const LONGEST_SPACE = 3;
/** Lines that a row with a bad quote may have. */
const MOST_BAD_LINES = 64;
/** How many bytes may be looked at in vain, for each byte of the file and, whatever its size, for each of a row's. */
const MOST_LOOKS_PER_BYTE = 4;
const FREE_LOOKS = 64;

/**
 * Yields the rows of a CSV file, those of each piece together, and loses no byte. Line ends are LF, CR or CRLF. A quote opens
 * only where a field begins; anywhere else it stands for itself. A row whose quotes do not match ends at the next line end
 * behind which a row with the right number of fields follows, so that it costs no other row. The same bytes come to the
 * same rows however they are cut into pieces. Memory is bounded by the longest row. Throws UnreadableFileError for a line
 * over the limit, and for a file most of which would have to be read again and again to find where its rows end.
 */
export async function* csvRows(source: ByteSource, options: CsvRowsOptions): AsyncGenerator<readonly CsvRow[]> {
  const split = createSplitter(options);
  let open: Buffer[] = [];
  let openBytes = 0;
  let tryAt = 0;
  for await (const piece of source) {
    open.push(piece);
    openBytes += piece.length;
    if (openBytes < tryAt) continue;
    const bytes = open.length === 1 ? piece : Buffer.concat(open);
    const { rows, rest } = split(bytes, false);
    if (rows.length > 0) yield rows;
    open = rest.length === 0 ? [] : [rest];
    openBytes = rest.length;
    // What is open is looked through again: twice as much each time, so that many small pieces cost no more than one.
    tryAt = rows.length > 0 ? 0 : Math.min(2 * openBytes, openBytes + options.maxRecordBytes);
  }
  const { rows } = split(Buffer.concat(open), true);
  if (rows.length > 0) yield rows;
}

/** Returns the rows of bytes that are a whole file, or its beginning, of which the last row may be torn. */
export function wholeCsvRows(bytes: Buffer, options: CsvRowsOptions): readonly CsvRow[] {
  return createSplitter(options)(bytes, true).rows;
}

/** Returns the text of a field or a raw row, the bytes of which are UTF-8. */
export function utf8Of(latin1: string): string {
  return isAscii(latin1) ? latin1 : Buffer.from(latin1, "latin1").toString("utf8");
}

/** Returns a raw row without the marks before it and its line end. */
export function rowText(raw: string): string {
  return raw.replace(/^(?:\xef\xbb\xbf)+/, "").replace(/\r?\n$|\r$/, "");
}

function isAscii(latin1: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
  return /^[\x00-\x7f]*$/.test(latin1);
}

/** Where a row ends that was read by the grammar; or that none does. */
type Scan =
  | {
      readonly fields: readonly string[];
      readonly end: number;
      readonly isSpread: boolean;
      readonly endsInQuote: boolean;
    }
  | { readonly fields: undefined; readonly at: number };

type Split = (bytes: Buffer, isEnd: boolean) => { readonly rows: readonly CsvRow[]; readonly rest: Buffer };

function createSplitter(options: CsvRowsOptions): Split {
  const { delimiter, maxRecordBytes, cutsLong } = options;
  const hasBackslashes = options.escape === "backslash";
  const delimiterCode = delimiter.charCodeAt(0);
  const space = new RegExp(`(?:${delimiter === "\t" ? SPACE.replace("\\t", "") : SPACE})*`, "y");
  const blank = new RegExp(`^(?:${SPACE}|[${delimiter.replace(/[\\^\]-]/, "\\$&")}])*$`);
  let fieldCount = options.fieldCount ?? 0;
  let taken = 0;
  let looked = 0;
  let rowNumber = 1;
  // Of the piece at hand. A search is not made again while its last result still holds.
  let text = "";
  let isLast = false;
  let lineEnds = createFinder("", "\n");
  let returns = createFinder("", "\r");
  let quotes = createFinder("", '"');
  let delimiters = createFinder("", delimiter);

  return (bytes, isEnd) => {
    text = bytes.toString("latin1");
    isLast = isEnd;
    lineEnds = createFinder(text, "\n");
    returns = createFinder(text, "\r");
    quotes = createFinder(text, '"');
    delimiters = createFinder(text, delimiter);
    const rows: CsvRow[] = [];
    let position = 0;
    while (position < text.length) {
      const row = nextRow(position);
      if (row === undefined) break;
      rows.push(row);
      position += row.raw.length;
      taken += row.raw.length;
      rowNumber += 1;
      if (fieldCount === 0) fieldCount = row.fields.length;
    }
    const isSound = isUtf8(bytes.subarray(0, position));
    return { rows: isSound ? rows : rows.map(withoutBadBytes), rest: Buffer.from(bytes.subarray(position)) };
  };

  /** Returns the row that begins at a place; undefined where more bytes must come to tell. */
  function nextRow(position: number): CsvRow | undefined {
    const start = skipMarks(position);
    const firstEnd = lineEnd(start);
    if (firstEnd === undefined ? text.length - position > maxRecordBytes : firstEnd - position > maxRecordBytes) {
      return tooLongRow(position);
    }
    if (firstEnd === undefined && !isLast) return undefined;
    const end = firstEnd ?? text.length;
    if (quotes(start) >= end) {
      const next = behindLineEnd(end);
      if (next === undefined) return undefined;
      const line = text.slice(start, end);
      return { raw: text.slice(position, next), fields: isBlankLine(line) ? [] : line.split(delimiter) };
    }
    const scan = scanRow(start, position + maxRecordBytes);
    if (scan === undefined) return undefined;
    if (scan.fields === undefined) return badRow(position, start, scan.at);
    // Quotes that are shifted by one end in the middle of a field.
    if (scan.isSpread && fieldCount > 0 && (scan.endsInQuote || scan.fields.length !== fieldCount)) {
      const next = behindLineEnd(end);
      const isGood = next === undefined ? undefined : beginsGoodRow(next, true);
      if (isGood === undefined) return undefined;
      if (isGood) return badRow(position, start, scan.end);
    }
    const next = behindLineEnd(scan.end);
    if (next === undefined) return undefined;
    const isBlank = scan.fields.every((field) => field === "");
    return { raw: text.slice(position, next), fields: isBlank ? [] : scan.fields };
  }

  function tooLongRow(position: number): CsvRow {
    if (cutsLong !== true) {
      throw tooLong(rowNumber, maxRecordBytes);
    }
    const { head } = cutBetweenWords(Buffer.from(text.slice(position, position + maxRecordBytes), "latin1"));
    return { raw: head.toString("latin1"), fields: [], problem: "long" };
  }

  function badRow(position: number, start: number, lookedTo: number): CsvRow | undefined {
    const next = endOfBadRow(position, start);
    if (next === undefined) return undefined;
    looked += Math.max(lookedTo, next) - position;
    if (looked > FREE_LOOKS * maxRecordBytes + MOST_LOOKS_PER_BYTE * taken && cutsLong !== true) {
      throw new UnreadableFileError("the file is not CSV: too many of its quotes do not match");
    }
    return { raw: text.slice(position, next), fields: [], problem: "quote" };
  }

  /**
   * Returns where the row behind a bad one begins: at the first line end behind which a good row follows, or before or behind
   * which there are as many delimiters as in a row; else at the first of all.
   */
  function endOfBadRow(position: number, start: number): number | undefined {
    let first: number | undefined;
    let from = start;
    let count = 0;
    for (let lines = 0; lines < MOST_BAD_LINES && from - position <= maxRecordBytes; lines++) {
      const end = lineEnd(from);
      // A line that ends so far behind is not looked at, whether its end has come or not.
      if ((end ?? text.length) - position > 2 * maxRecordBytes) return first;
      if (end === undefined) return isLast ? text.length : undefined;
      const next = behindLineEnd(end);
      if (next === undefined) return undefined;
      first ??= next;
      if (fieldCount === 0) break;
      count += countDelimiters(from, end);
      if (count >= fieldCount - 1) return next;
      const isGood = beginsGoodRow(next, false);
      if (isGood === undefined) return undefined;
      if (isGood) return next;
      // A row with too many fields is one, too.
      const lineTo = Math.min(lineEnd(next) ?? text.length, next + maxRecordBytes);
      if (fieldCount > 1 && countDelimiters(next, lineTo) >= fieldCount - 1) return next;
      from = next;
    }
    return first;
  }

  function countDelimiters(from: number, to: number): number {
    let count = 0;
    for (let at = text.indexOf(delimiter, from); at !== -1 && at < to; at = text.indexOf(delimiter, at + 1)) count += 1;
    return count;
  }

  /** Reports whether a whole row with the right number of fields begins at a place, or none; undefined where more must come. */
  function beginsGoodRow(position: number, isStrict: boolean): boolean | undefined {
    if (position >= text.length) return isLast ? true : undefined;
    const start = skipMarks(position);
    const end = lineEnd(start);
    if (end === undefined && !isLast) return text.length - position > maxRecordBytes ? false : undefined;
    if (isBlankLine(text.slice(start, end))) return true;
    const scan = scanRow(start, position + maxRecordBytes);
    if (scan === undefined) return undefined;
    return scan.fields !== undefined && scan.fields.length === fieldCount && !(isStrict && scan.endsInQuote);
  }

  /** Reads a row with quotes; undefined where more bytes must come to tell where it ends. */
  function scanRow(start: number, limit: number): Scan | undefined {
    const fields: string[] = [];
    let isSpread = false;
    let endsInQuote = false;
    let at = start;
    for (;;) {
      const opening = skipSpaces(at);
      if (text.charCodeAt(opening) === QUOTE) {
        const quoted = scanQuoted(opening + 1, limit);
        if (quoted === undefined) return undefined;
        if (quoted.field === undefined) return { fields: undefined, at: quoted.end };
        isSpread ||= quoted.field.includes("\n") || quoted.field.includes("\r");
        fields.push(quoted.field);
        at = skipSpaces(quoted.end);
        // What follows may be the beginning of a space.
        if (!isLast && text.length - at < LONGEST_SPACE && !isEnd(at)) return undefined;
        if (!isEnd(at) && at < text.length) return { fields: undefined, at };
      } else {
        const end = Math.min(delimiters(at), lineEnd(at) ?? text.length, text.length);
        if (end === text.length && !isLast) return end > limit ? { fields: undefined, at: limit } : undefined;
        const field = text.slice(at, end);
        endsInQuote ||= field.includes('"') && field.trimEnd().endsWith('"');
        fields.push(field);
        at = end;
      }
      if (at > limit) return { fields: undefined, at: limit };
      if (text.charCodeAt(at) !== delimiterCode) return { fields, end: at, isSpread, endsInQuote };
      at += 1;
    }
  }

  /** Reads a quoted field from behind its opening quote. Returns no field where the quote is not closed. */
  function scanQuoted(
    start: number,
    limit: number,
  ): { readonly field: string | undefined; readonly end: number } | undefined {
    let from = start;
    let hasEscapes = false;
    for (;;) {
      const close = quotes(from);
      if (close > limit || close === Number.POSITIVE_INFINITY) {
        if (close === Number.POSITIVE_INFINITY && !isLast && text.length <= limit) return undefined;
        return { field: undefined, end: Math.min(limit, text.length) };
      }
      if (hasBackslashes && isEscaped(start, close)) {
        from = close + 1;
        hasEscapes = true;
        continue;
      }
      if (close + 1 === text.length && !isLast) return undefined;
      if (text.charCodeAt(close + 1) !== QUOTE) {
        const field = text.slice(start, close);
        return { field: hasEscapes || hasBackslashes ? unescaped(field) : field, end: close + 1 };
      }
      from = close + 2;
      hasEscapes = true;
    }
  }

  /** Reports whether an odd number of backslashes stands before a place. */
  function isEscaped(start: number, place: number): boolean {
    let from = place;
    while (from > start && text.charCodeAt(from - 1) === BACKSLASH) from -= 1;
    return (place - from) % 2 === 1;
  }

  function unescaped(field: string): string {
    return hasBackslashes
      ? field.replace(/\\(["\\])|""/g, (_, character = '"') => character)
      : field.replaceAll('""', '"');
  }

  function isBlankLine(line: string): boolean {
    if (line === "") return true;
    const first = line.charCodeAt(0);
    return (first === delimiterCode || first <= 0x20 || first > 0x7f) && blank.test(line);
  }

  function isEnd(place: number): boolean {
    const code = text.charCodeAt(place);
    return code === delimiterCode || code === LF || code === CR;
  }

  function skipMarks(position: number): number {
    let start = position;
    while (text.startsWith(MARK, start)) start += MARK.length;
    return start;
  }

  function skipSpaces(place: number): number {
    const code = text.charCodeAt(place);
    if (code > 0x20 && code < 0x80) return place;
    space.lastIndex = place;
    space.test(text);
    return space.lastIndex;
  }

  function lineEnd(from: number): number | undefined {
    const end = Math.min(lineEnds(from), returns(from));
    return end === Number.POSITIVE_INFINITY ? undefined : end;
  }

  /** Returns where a line end is over; undefined where the LF of a CRLF may be yet to come. */
  function behindLineEnd(end: number): number | undefined {
    if (end >= text.length) return text.length;
    if (text.charCodeAt(end) === LF) return end + 1;
    if (end + 1 === text.length) return isLast ? end + 1 : undefined;
    return text.charCodeAt(end + 1) === LF ? end + 2 : end + 1;
  }
}

/** Creates a function that returns where a character stands next, from a place on; infinity where it does not. */
function createFinder(text: string, character: string): (from: number) => number {
  let askedFrom = 0;
  let found = -1;
  return (from) => {
    if (from >= askedFrom && from <= found) return found;
    const at = text.indexOf(character, from);
    askedFrom = from;
    found = at === -1 ? Number.POSITIVE_INFINITY : at;
    return found;
  };
}

function withoutBadBytes(row: CsvRow): CsvRow {
  if (isAscii(row.raw) || isUtf8(Buffer.from(row.raw, "latin1"))) return row;
  return { raw: row.raw, fields: [], problem: row.problem === "long" ? "long" : "utf8" };
}
