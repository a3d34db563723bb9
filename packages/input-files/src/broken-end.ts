import { findValueEnd, MOST_NESTED } from "./json-value.js";
import { NEWLINE } from "./line-chunk.js";

/** A record that is no JSON, in the text in which it stands. */
export interface BrokenRecord {
  readonly bytes: Buffer;
  readonly start: number;
  /** Where to stop looking: the end of the bytes, or as far as a record may go. */
  readonly to: number;
  /** Bytes of white space before the record on its line; a line that is indented further begins no other record. */
  readonly column: number;
  /** Whether the record is text on a line, which ends with it. */
  readonly isText: boolean;
  readonly isInArray: boolean;
}

/** Distinguishes records from other objects. */
export interface RecordShape {
  /** Reports whether there is anything that records are known by. */
  isKnown(): boolean;
  /** Reports whether records have this field. */
  hasField(name: string): boolean;
  /** Reports whether so many of a record's fields are there that an object that stands in a record has not as many. */
  isLike(names: readonly string[]): boolean;
}

const TAB = 0x09;
const RETURN = 0x0d;
const RECORD_SEPARATOR = 0x1e;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** What may stand behind a record: another one, the end of what it stands in, a comment, a mark, what separates records. */
const FOLLOWING: ReadonlySet<number> = new Set([...Buffer.from(",]}{[/#;|"), 0, RECORD_SEPARATOR, 0xef]);
/** Most white space that is looked through behind a value. */
const MOST_SPACE = 1024;
/** Times that what may be a record is read again, as objects within objects are, before only lines are looked at. */
const MOST_READINGS = 8;
const BEGINNING = /^\{\s*("(?:[^"\\]|\\.){0,200}")\s*:/;

/**
 * Finds where a record that is no JSON ends: where its own braces close, where a line or an object begins that is the next
 * record, or at a separator. An object is the next record if it is JSON and could not stand where it does in the broken one, or
 * stands where a quote too many or too few has turned text and structure around; within a nested array, it must have
 * most fields of a record. Returns undefined if nothing ends it before `to`. The cost grows with the bytes up to there.
 */
export function findBrokenEnd(record: BrokenRecord, shape: RecordShape, maxRecordBytes: number): number | undefined {
  const { bytes, start, to, column, isText, isInArray } = record;
  /** The brackets and braces that are open, as far as this can be told. */
  const open: number[] = [];
  // Those that are open within the deepest of them.
  let deeper = 0;
  let inString = false;
  let budget = MOST_READINGS * maxRecordBytes;

  /** Reads the value that begins at `place`. Returns where it ends, or -1. */
  function read(place: number): number {
    if (budget <= 0) return -1;
    const value = findValueEnd(bytes.subarray(0, place + maxRecordBytes + 1), place);
    if (value.kind === "whole") return value.end;
    budget -= (value.kind === "broken" ? value.at : to) - place;
    return -1;
  }

  function isNextRecord(place: number, end: number, before: number): boolean {
    const next = significant(bytes, end);
    const isAfterRecord = before === COMMA || before === CLOSE_BRACE;
    // An object in the text of a string.
    if (next === COLON || (next === QUOTE && !isAfterRecord)) return false;
    const names = fieldsOf(bytes.subarray(place, end));
    if (names.length === 0) return false;
    const isSure = (next === undefined || FOLLOWING.has(next)) && open.length <= 1;
    if (!isSure) return shape.isLike(names);
    if (names.some((name) => shape.hasField(name))) return true;
    return !isText && (isAfterRecord || !shape.isKnown());
  }

  /** Reports whether a record begins here that is broken itself. */
  function beginsBroken(place: number, before: number): boolean {
    if (isText || open.length > 1 || (before !== COMMA && before !== CLOSE_BRACE)) return false;
    const [, name] = BEGINNING.exec(bytes.toString("utf8", place, place + MOST_SPACE)) ?? [];
    return name !== undefined && fieldsOf(Buffer.from(`{${name}:0}`)).some((field) => shape.hasField(field));
  }

  for (let i = start; i < to; i++) {
    const byte = bytes[i] ?? 0;
    if (isLineEnd(byte)) {
      if (isText || beginsRecordLine(bytes, i + 1, to, column)) return i;
      continue;
    }
    if ((byte === 0 || byte === RECORD_SEPARATOR) && i > start) return i;
    if ((byte === OPEN_BRACE || (byte === OPEN_BRACKET && inString)) && i > start) {
      const before = significantBefore(bytes, i, start);
      const isNested = before === COLON || before === OPEN_BRACKET;
      if (byte === OPEN_BRACKET ? before === COLON : !isNested) {
        const end = read(i);
        if (byte === OPEN_BRACE && (end === -1 ? beginsBroken(i, before) : isNextRecord(i, end, before))) return i;
        if (end !== -1) {
          i = end - 1;
          continue;
        }
      }
    }
    if (inString) {
      if (byte === BACKSLASH && (bytes[i + 1] === QUOTE || bytes[i + 1] === BACKSLASH)) i += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (open.length < MOST_NESTED) open.push(byte);
      else deeper += 1;
    } else if (deeper > 0 && (byte === CLOSE_BRACE || byte === CLOSE_BRACKET)) {
      deeper -= 1;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      const at = open.lastIndexOf(byte === CLOSE_BRACE ? OPEN_BRACE : OPEN_BRACKET);
      // A bracket that closes nothing is the array's, or one too many.
      if (at === -1 && byte === CLOSE_BRACKET) {
        if (isInArray && endsArray(bytes, i + 1)) return i;
        continue;
      }
      open.length = Math.max(at, 0);
      if (open.length === 0 && !isText && mayFollow(bytes, i + 1)) return i + 1;
    }
  }
  return undefined;
}

function fieldsOf(object: Buffer): readonly string[] {
  try {
    // Control characters, which a record may have in its strings, are none of the names of its fields.
    const text = object.toString("utf8").replace(/\p{Cc}/gu, " ");
    return Object.keys(JSON.parse(text) as object);
  } catch {
    return [];
  }
}

function mayFollow(bytes: Buffer, place: number): boolean {
  const next = significant(bytes, place);
  return next === undefined || FOLLOWING.has(next);
}

/** Returns the first byte from a place on that is no white space; undefined if the line ends before it, or there is none. */
function significant(bytes: Buffer, place: number): number | undefined {
  for (let i = place; i < place + MOST_SPACE; i++) {
    const byte = bytes[i];
    if (byte === undefined || isLineEnd(byte)) return undefined;
    if (byte !== SPACE && byte !== TAB && byte !== 0xc2 && byte !== 0xa0) return byte;
  }
  return undefined;
}

/** Returns the last byte before a place that is no white space. */
function significantBefore(bytes: Buffer, place: number, start: number): number {
  let i = place - 1;
  while (i > start && i > place - MOST_SPACE && isSpaceAt(bytes, i)) i--;
  return bytes[i] ?? 0;
}

function isSpaceAt(bytes: Buffer, place: number): boolean {
  const byte = bytes[place] ?? 0;
  return byte <= SPACE || (byte === 0xa0 && bytes[place - 1] === 0xc2) || (byte === 0xc2 && bytes[place + 1] === 0xa0);
}

/** Reports whether nothing of the array follows a bracket: the text ends, or another record or array begins. */
function endsArray(bytes: Buffer, place: number): boolean {
  for (let i = place; i < place + MOST_SPACE; i++) {
    const byte = bytes[i];
    if (byte === undefined || byte === 0 || byte === RECORD_SEPARATOR) return true;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return true;
    if (byte !== CLOSE_BRACE && !isSpaceAt(bytes, i)) return false;
  }
  return true;
}

/** Reports whether a line begins as a record does, no further in than `column`. */
function beginsRecordLine(bytes: Buffer, lineStart: number, to: number, column: number): boolean {
  let at = lineStart;
  while (bytes[at] === SPACE || bytes[at] === TAB) at++;
  const indentation = at - lineStart;
  while (at < lineStart + MOST_SPACE && isBeforeRecord(bytes[at])) at++;
  return at < to && bytes[at] === OPEN_BRACE && indentation <= column;
}

function isBeforeRecord(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB || byte === COMMA || byte === OPEN_BRACKET;
}

function isLineEnd(byte: number): boolean {
  return byte === NEWLINE || byte === RETURN;
}
