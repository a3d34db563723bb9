import { tooLong } from "./json-lines.js";
import { findBalancedEnd, findValueEnd, type ValueEnd } from "./json-value.js";
import { type ByteSource, type LineChunk, NEWLINE, NEWLINE_BYTES } from "./line-chunk.js";
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
const RETURN = 0x0d;
const RECORD_SEPARATOR = 0x1e;
const SPACE = 0x20;
const COMMA = 0x2c;
const COLON = 0x3a;
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
 * are not touched. What comes out does not depend on how the bytes are cut. Fills `report`. Throws UnreadableFileError for a
 * record of more than `maxRecordBytes`.
 */
export async function* splitJson(
  source: ByteSource,
  maxRecordBytes: number,
  report: SplitReport,
): AsyncGenerator<LineChunk> {
  const splitter = createSplitter(maxRecordBytes, report);
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

function createSplitter(maxRecordBytes: number, report: SplitReport): Splitter {
  let lines: Buffer[] = [];
  let inArray = false;
  // Whether the array stands in an object, whose end is still to come.
  let isWrapped = false;
  let isFirst = true;
  let gap = newGap();
  // How the first record begins, `{"id"`, by which others are known where no line begins.
  let firstKey: Buffer | undefined;
  // The first record that begins so between two places, or -1, so that nothing is looked through twice.
  let known = { from: 0, to: 0, found: -1 };

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
    firstKey ??= firstKeyOf(bytes);
    const { line, hasLineEnds, hasControls } = valueOnOneLine(bytes);
    if (hasLineEnds) note("records of several lines");
    if (hasControls) note("control characters in strings");
    emit(line, true);
  }

  function emitBroken(bytes: Buffer): void {
    const text = trimmed(bytes);
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
      } else if (byte === MARK[0] && bytes[i + 1] === MARK[1] && bytes[i + 2] === MARK[2]) {
        if (!isFirst) note("byte order marks between records");
        i += MARK.length - 1;
        continue;
      } else if (byte === OPEN_BRACKET && !inArray && opensArray(bytes, i)) {
        note(IN_ARRAY);
        inArray = true;
      } else if (byte === CLOSE_BRACKET && inArray) inArray = false;
      else if (byte === CLOSE_BRACE && isWrapped && !inArray) isWrapped = false;
      else if (byte !== SPACE && byte !== TAB) break;
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
    if (value.kind === "whole") {
      emitValue(bytes.subarray(start, value.end));
      return value.end;
    }
    const isLast = window.length === bytes.length;
    const end = isNested ? brokenEnd(bytes, window, start) : elementEnd(window, start);
    if (end === undefined && value.kind === "open" && !isLast) {
      throw tooLong(report.records + report.broken + 1, maxRecordBytes);
    }
    const last = end ?? (isLast ? bytes.length : lineEndAfter(window, start));
    emitBroken(bytes.subarray(start, last));
    return last;
  }

  /** Takes a line that begins with no bracket: a scalar, which is JSON though no record, or text. */
  function takeLine(bytes: Buffer, window: Buffer, start: number): number {
    const line = lineEndAfter(window, start);
    const text = trimmed(bytes.subarray(start, line));
    if (text.length <= maxRecordBytes && isJson(text)) {
      emit(text, true);
      return line;
    }
    const separated = separatorAfter(window, start, line);
    const next = nextWithin(bytes, start + 1, separated);
    const end = next === -1 ? separated : next;
    emitBroken(bytes.subarray(start, end));
    return end;
  }

  /** Finds where a value that is no JSON gives way to the next record; undefined where no place in the window seems to. */
  function brokenEnd(bytes: Buffer, window: Buffer, start: number): number | undefined {
    // Where it does not begin its line, nothing is known of its indentation.
    const column = isFirst || gap.hasNewline || gap.hasReturn ? gap.column : Number.POSITIVE_INFINITY;
    const bound = separatorAfter(window, start, nextRecordLine(window, start, column));
    const balanced = findBalancedEnd(window.subarray(0, bound), start);
    const next = nextWithin(bytes, start + 1, balanced === -1 ? bound : balanced);
    if (next !== -1) return next;
    if (balanced !== -1) return balanced;
    return bound === window.length ? undefined : bound;
  }

  /** Finds a record between two places that begins as the first one did, and is not part of another value. */
  function nextWithin(bytes: Buffer, from: number, to: number): number {
    if (firstKey === undefined) return -1;
    let at = from;
    if (from >= known.from && from <= known.to) {
      if (known.found >= from) return known.found < to ? known.found : -1;
      if (known.found === -1) at = known.to;
    }
    const within = bytes.subarray(0, to);
    let found = within.indexOf(firstKey, at);
    while (found !== -1 && !beginsRecord(bytes, found, from)) found = within.indexOf(firstKey, found + 1);
    known = { from, to: Math.max(at, to), found };
    return found;
  }

  function beginsRecord(bytes: Buffer, place: number, from: number): boolean {
    let before = place - 1;
    while (before > from && (bytes[before] ?? 0) <= SPACE) before--;
    if (bytes[before] === COLON || bytes[before] === OPEN_BRACKET) return false;
    return findValueEnd(bytes.subarray(0, place + maxRecordBytes + 1), place).kind === "whole";
  }

  return {
    split(bytes, until) {
      known = { from: 0, to: 0, found: -1 };
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

const WRAPPER = /^\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\[(?=\s*\{)/;

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

const LONGEST_KEY = 256;
const FIRST_KEY = /^\{\s*"(?:[^"\\]|\\.)*"/;

function firstKeyOf(value: Buffer): Buffer | undefined {
  const [key] = FIRST_KEY.exec(value.toString("latin1", 0, LONGEST_KEY)) ?? [];
  return key === undefined ? undefined : Buffer.from(key, "latin1");
}

/** Finds the first line behind `start` that begins as a record does, no further in than `column`; returns its line's start. */
function nextRecordLine(bytes: Buffer, start: number, column: number): number {
  for (let end = lineEndAfter(bytes, start); end < bytes.length; end = lineEndAfter(bytes, end + 1)) {
    let at = end + 1;
    while (isBeforeRecord(bytes[at])) at++;
    if (bytes[at] === OPEN_BRACE && at - end - 1 <= column) return end;
  }
  return bytes.length;
}

function isBeforeRecord(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB || byte === COMMA || byte === OPEN_BRACKET;
}

/** Finds the first NUL byte or record separator behind `start`; returns `to` if there is none before it. */
function separatorAfter(bytes: Buffer, start: number, to: number): number {
  const within = bytes.subarray(start + 1, to);
  const found = [within.indexOf(0), within.indexOf(RECORD_SEPARATOR)].filter((place) => place !== -1);
  return found.length === 0 ? to : start + 1 + Math.min(...found);
}

/** Finds where an element of an array ends that is neither an object nor JSON. */
function elementEnd(bytes: Buffer, start: number): number | undefined {
  for (let i = start + 1; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === COMMA || byte === CLOSE_BRACKET || isLineEnd(byte)) return i;
  }
  return undefined;
}

/** Finds the first line end at or behind `start`; returns the end of the bytes if there is none. */
function lineEndAfter(bytes: Buffer, start: number): number {
  for (let i = start; i < bytes.length; i++) if (isLineEnd(bytes[i] ?? 0)) return i;
  return bytes.length;
}

function isLineEnd(byte: number): boolean {
  return byte === NEWLINE || byte === RETURN;
}

function trimmed(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && isBlank(bytes[end - 1] ?? 0)) end--;
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
