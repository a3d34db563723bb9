import { findBrokenEnd } from "./broken-end.js";
import type { CsvColumns } from "./csv-header.js";
import { tooLong } from "./json-lines.js";
import { findValueEnd, type ValueEnd } from "./json-value.js";
import { type ByteSource, type LineChunk, NEWLINE, NEWLINE_BYTES } from "./line-chunk.js";
import { createRecordFields } from "./record-fields.js";
import { valueOnOneLine } from "./value-on-one-line.js";

/** What was found where a text of JSON was split. */
export interface SplitReport {
  /** Values that are JSON. */
  records: number;
  /** Pieces that are none; each is a record that cannot be read. */
  broken: number;
  /** Whether each record stood on a line of its own as it is, so that splitting has changed nothing. */
  isPlain: boolean;
  /** Ways in which the text differs from lines of JSON, as words for people. */
  readonly traits: Set<string>;
}

/** Creates an empty report. */
export function newSplitReport(): SplitReport {
  return { records: 0, broken: 0, isPlain: true, traits: new Set() };
}

/** The trait of a text whose records stand in an array. */
export const IN_ARRAY = "an array";

const TAB = 0x09;
const VERTICAL_TAB = 0x0b;
const FORM_FEED = 0x0c;
const RETURN = 0x0d;
const RECORD_SEPARATOR = 0x1e;
const SPACE = 0x20;
const ASTERISK = 0x2a;
const COMMA = 0x2c;
const SLASH = 0x2f;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const MARK = Buffer.from("\ufeff");

/** Bytes that are looked at beyond a record: white space before a bracket's first element. */
const SLACK = 4 * 1024;

/**
 * Splits a text of JSON into its records, a line each, however they are written: on lines, over several lines, one after
 * another, in an array, after record separators. A value that is JSON but for raw control characters in its strings is one: they
 * become escapes. What is no JSON goes up to where the next record seems to begin and becomes a line as it is; its neighbours
 * are not touched. `dataset` names the fields by which records are known. What comes out does not depend on how the bytes are cut.
 * Fills `report`. Throws UnreadableFileError for a record of more than `maxRecordBytes`.
 */
export async function* splitJson(
  source: ByteSource,
  maxRecordBytes: number,
  report: SplitReport,
  dataset?: CsvColumns,
): AsyncGenerator<LineChunk> {
  const splitter = createSplitter(maxRecordBytes, report, dataset);
  // A decision looks at a record, and at one that may begin within it.
  const lookAhead = 2 * maxRecordBytes + SLACK;
  let open: Buffer[] = [];
  let openBytes = 0;
  const take = (isEnd: boolean): LineChunk | undefined => {
    const bytes = open.length === 1 && open[0] !== undefined ? open[0] : Buffer.concat(open);
    const used = splitter.split(bytes, isEnd ? bytes.length : bytes.length - lookAhead);
    open = [bytes.subarray(used)];
    openBytes = bytes.length - used;
    return splitter.takeLines();
  };
  for await (const piece of source) {
    open.push(piece);
    openBytes += piece.length;
    // Each round copies what was looked ahead at, so there is one for as many bytes.
    if (openBytes < 2 * lookAhead) continue;
    const chunk = take(false);
    if (chunk !== undefined) yield chunk;
  }
  const chunk = take(true);
  if (chunk !== undefined) yield chunk;
}

interface Splitter {
  /** Splits what begins before `until`, which is the end of the bytes or far before it, and returns how many bytes were used. */
  split(bytes: Buffer, until: number): number;
  takeLines(): LineChunk | undefined;
}

function createSplitter(maxRecordBytes: number, report: SplitReport, dataset: CsvColumns | undefined): Splitter {
  let lines: Buffer[] = [];
  let inArray = false;
  // Whether the array stands in an object, whose end is still to come.
  let isWrapped = false;
  let isFirst = true;
  let gap = newGap();
  const fields = createRecordFields(dataset);
  // Up to where elements that are no objects are known to be sound, so that nothing is looked through twice.
  let soundUntil = 0;

  function note(trait: string): void {
    report.isPlain = false;
    report.traits.add(trait);
  }

  function emit(bytes: Buffer, isJson: boolean): void {
    if (bytes.length > maxRecordBytes) throw tooLong(report.records + report.broken + 1, maxRecordBytes);
    if (!isFirst && !inArray && !gap.hasNewline) {
      note(gap.hasReturn ? "lines that end with a carriage return alone" : "records one after another on a line");
    }
    isFirst = false;
    gap = newGap();
    lines.push(bytes, NEWLINE_BYTES);
    if (isJson) report.records += 1;
    else report.broken += 1;
  }

  function emitValue(bytes: Buffer): void {
    fields.learn(bytes);
    const { line, hasLineEnds, hasControls } = valueOnOneLine(bytes);
    if (hasLineEnds) note("records of several lines");
    if (hasControls) note("control characters in strings");
    emit(line, true);
  }

  function emitBroken(bytes: Buffer): void {
    const text = trimmed(bytes, inArray);
    if (text.length === 0) return;
    const hasLineEnd = text.some(isLineEnd);
    if (hasLineEnd) note("broken records of several lines");
    emit(hasLineEnd ? Buffer.from(text.map((byte) => (isLineEnd(byte) ? SPACE : byte))) : text, false);
  }

  /** Skips what stands between records, up to `until`, and returns where the next one begins. */
  function skipGap(bytes: Buffer, start: number, until: number): number {
    let i = start;
    for (; i < until; i++) {
      const byte = bytes[i] ?? 0;
      if (byte === NEWLINE || byte === RETURN) {
        if (byte === NEWLINE) gap.hasNewline = true;
        else gap.hasReturn = true;
        gap.column = 0;
        continue;
      }
      if (byte === 0) note("NUL bytes");
      else if (byte === RECORD_SEPARATOR) {
        note("record separators (RFC 7464)");
        inArray = false;
      } else if (byte === COMMA && !isFirst) {
        if (!inArray) note("commas after records");
      } else if (byte === SLASH && inArray && commentEnd(bytes, i, false) !== -1) {
        note("comments between records");
        i = commentEnd(bytes, i, false) - 1;
        continue;
      } else if (spaceBytes(bytes, i) > 0) {
        note("white space that is not JSON's");
        i += spaceBytes(bytes, i) - 1;
        continue;
      } else if (byte === MARK[0] && bytes[i + 1] === MARK[1] && bytes[i + 2] === MARK[2]) {
        if (!isFirst) note("byte order marks between records");
        i += MARK.length - 1;
        continue;
      } else if (byte === OPEN_BRACKET && !inArray && opensArray(bytes, i)) {
        note(IN_ARRAY);
        inArray = true;
      } else if (byte === CLOSE_BRACKET && inArray) inArray = false;
      else if (byte === CLOSE_BRACE && isWrapped && !inArray) isWrapped = false;
      else if (byte !== SPACE && byte !== TAB && byte !== VERTICAL_TAB && byte !== FORM_FEED) break;
      gap.column += 1;
    }
    return i;
  }

  function opensArray(bytes: Buffer, start: number): boolean {
    if (isFirst) return true;
    const next = bytes.subarray(start + 1, start + SLACK).find((byte) => byte > SPACE);
    return next === OPEN_BRACE || next === CLOSE_BRACKET;
  }

  /** Takes the record that begins at `start`, and returns where it ends. */
  function takeRecord(bytes: Buffer, start: number): number {
    const window = bytes.subarray(0, start + maxRecordBytes + 1);
    const first = bytes[start];
    const isNested = first === OPEN_BRACE || first === OPEN_BRACKET;
    if (!isNested && !inArray) return takeLine(bytes, window, start);
    const value = findValueEnd(window, start);
    const opened = isFirst ? wrappedArrayAt(bytes, start, value, maxRecordBytes) : -1;
    if (opened !== -1) {
      note(IN_ARRAY);
      note("an object around it");
      inArray = true;
      isWrapped = true;
      return opened;
    }
    if (value.kind === "whole" && (isNested || isSound(window, start))) {
      emitValue(bytes.subarray(start, value.end));
      return value.end;
    }
    const comment = inArray && first === SLASH ? commentEnd(window, start, true) : -1;
    const end = comment === -1 ? brokenEnd(bytes, window, start, false) : comment;
    const isLast = window.length === bytes.length;
    if (end === undefined && !isLast) throw tooLong(report.records + report.broken + 1, maxRecordBytes);
    const last = end ?? bytes.length;
    emitBroken(bytes.subarray(start, last));
    return last;
  }

  /** Reports whether an element that is no object is one, and no piece of a record whose brace is missing. */
  function isSound(window: Buffer, start: number): boolean {
    if (start < soundUntil) return true;
    for (let at = start; at < window.length; ) {
      const value = findValueEnd(window, at);
      if (value.kind !== "whole") return false;
      const next = skipSpace(window, value.end);
      if (next < window.length && window[next] !== COMMA && window[next] !== CLOSE_BRACKET) return false;
      soundUntil = value.end;
      at = next;
      while (window[at] === COMMA || isBlank(window[at] ?? 0)) at++;
      const byte = window[at];
      if (byte === undefined || byte === OPEN_BRACE || byte === OPEN_BRACKET || byte === CLOSE_BRACKET) return true;
    }
    return true;
  }

  /** Takes a line that begins with no bracket: a scalar, which is JSON though no record, or text. */
  function takeLine(bytes: Buffer, window: Buffer, start: number): number {
    const line = lineEndAfter(window, start);
    const text = trimmed(bytes.subarray(start, line), false);
    if (text.length <= maxRecordBytes && isJson(text)) {
      emit(text, true);
      return line;
    }
    const end = brokenEnd(bytes, window, start, true) ?? line;
    emitBroken(bytes.subarray(start, end));
    return end;
  }

  function brokenEnd(bytes: Buffer, window: Buffer, start: number, isText: boolean): number | undefined {
    // Where it does not begin its line, nothing is known of its indentation.
    const column = isFirst || gap.hasNewline || gap.hasReturn ? gap.column : 0;
    const record = { bytes, start, to: window.length, column, isText, isInArray: inArray };
    return findBrokenEnd(record, fields, maxRecordBytes);
  }

  return {
    split(bytes, until) {
      soundUntil = 0;
      let at = 0;
      while (at < until) {
        at = skipGap(bytes, at, until);
        if (at < until) at = takeRecord(bytes, at);
      }
      return Math.max(at, 0);
    },
    takeLines() {
      if (lines.length === 0) return undefined;
      const chunk = { bytes: Buffer.concat(lines), lines: lines.length / 2 };
      lines = [];
      return chunk;
    },
  };
}

/** What stands between two records. */
interface Gap {
  hasNewline: boolean;
  hasReturn: boolean;
  /** Bytes since the line began. */
  column: number;
}

function newGap(): Gap {
  return { hasNewline: false, hasReturn: false, column: 0 };
}

const WRAPPER = /^\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\[(?=[\s\xc2]*\{)/;

/**
 * Finds an array of records that is the only field of an object: `{"records":[{`. The object must be all that the bytes hold, or
 * no JSON and the only one that begins so, or longer than a record may be. Returns the place behind the array's bracket, or -1.
 */
function wrappedArrayAt(bytes: Buffer, start: number, value: ValueEnd, maxRecordBytes: number): number {
  const [opening] = WRAPPER.exec(bytes.toString("latin1", start, start + SLACK)) ?? [];
  if (opening === undefined) return -1;
  const opened = start + opening.length;
  if (value.kind === "whole") {
    const isAlone = bytes.subarray(value.end).every((byte) => byte <= SPACE);
    return isAlone && isWrapper(bytes.subarray(start, value.end)) ? opened : -1;
  }
  const isLong = value.kind === "open" && bytes.length > start + maxRecordBytes;
  const window = bytes.subarray(0, start + maxRecordBytes);
  return isLong || window.indexOf(opening, opened, "latin1") === -1 ? opened : -1;
}

/** Reports whether a JSON text is an object with one field, an array of objects. */
export function isWrapper(text: Buffer): boolean {
  // A text of control characters in strings is none; it is repaired as the record that it is.
  const value = parsed(text);
  const fields = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.values(value) : [];
  const [records] = fields;
  return (
    fields.length === 1 &&
    Array.isArray(records) &&
    records.length > 0 &&
    records.every((record) => typeof record === "object" && record !== null && !Array.isArray(record))
  );
}

/** Finds where a comment that begins at `start` ends; -1 if it does not, or has a brace and must not. */
function commentEnd(bytes: Buffer, start: number, mayHaveBrace: boolean): number {
  const within = bytes.subarray(start, start + SLACK / 2);
  const isLine = within[1] === SLASH;
  if (!isLine && within[1] !== ASTERISK) return -1;
  const end = isLine ? lineEndAfter(within, 0) : within.indexOf("*/", 2, "latin1") + "*/".length;
  if (end < "/**/".length && !isLine) return -1;
  const hasBrace = within.subarray(0, end).includes(OPEN_BRACE);
  return hasBrace && (isLine || !mayHaveBrace) ? -1 : start + end;
}

/** Bytes of white space, as pages of the web have it between words, from U+0085 to U+3000. */
const SPACES: ReadonlySet<string> = new Set(
  [
    ..."\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u2028\u2029\u202f\u205f\u2060\u3000",
  ].map((space) => Buffer.from(space).toString("latin1")),
);

/** Returns how many bytes the white space at a place has that is not JSON's; 0 if there is none. */
function spaceBytes(bytes: Buffer, place: number): number {
  const first = bytes[place] ?? 0;
  if (first < 0xc2 || first > 0xe3) return 0;
  const length = first === 0xc2 ? 2 : 3;
  return SPACES.has(bytes.toString("latin1", place, place + length)) ? length : 0;
}

function skipSpace(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && isBlank(bytes[at] ?? 0)) at++;
  return at;
}

/** Finds the first line end at or behind `start`; returns the end of the bytes if there is none. */
function lineEndAfter(bytes: Buffer, start: number): number {
  for (let i = start; i < bytes.length; i++) if (isLineEnd(bytes[i] ?? 0)) return i;
  return bytes.length;
}

function isLineEnd(byte: number): boolean {
  return byte === NEWLINE || byte === RETURN;
}

/** Returns the bytes without the white space at their end; of an element, without the comma, too. */
function trimmed(bytes: Buffer, isElement: boolean): Buffer {
  let end = bytes.length;
  while (end > 0 && (isBlank(bytes[end - 1] ?? 0) || (isElement && bytes[end - 1] === COMMA))) end--;
  return bytes.subarray(0, end);
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB || isLineEnd(byte);
}

function isJson(bytes: Buffer): boolean {
  return parsed(bytes) !== undefined;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
