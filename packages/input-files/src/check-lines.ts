import { NEWLINE } from "./line-chunk.js";

const RETURN = 0x0d;
const SPACE = 0x20;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Reports whether whole lines are evidently a JSON object each, as far as this can be seen by parsing few of them: each begins and
 * ends with a brace, no control character stands in them, the first line is JSON, and what it begins with begins one record on
 * each line at the most. Blank lines are none. Costs a small part of what parsing does.
 */
export function areObjectLines(lines: Buffer): boolean {
  return !hasControls(lines) && eachIsBraced(lines);
}

/** Reports whether bytes, but for white space around them, begin and end as an object does. */
export function isBraced(bytes: Buffer): boolean {
  let start = 0;
  let end = bytes.length;
  while (start < end && (bytes[start] ?? 0) <= SPACE) start++;
  while (end > start && (bytes[end - 1] ?? 0) <= SPACE) end--;
  return bytes[start] === OPEN_BRACE && bytes[end - 1] === CLOSE_BRACE;
}

function eachIsBraced(lines: Buffer): boolean {
  let start = 0;
  let first: Buffer | undefined;
  let count = 0;
  while (start < lines.length) {
    const found = lines.indexOf(NEWLINE, start);
    const next = found === -1 ? lines.length : found;
    const end = lines[next - 1] === RETURN ? next - 1 : next;
    if (end > start) {
      if (lines[start] !== OPEN_BRACE || lines[end - 1] !== CLOSE_BRACE) return false;
      count += 1;
      if (first === undefined) {
        first = lines.subarray(start, end);
        if (!isJson(first)) return false;
      }
    }
    start = next + 1;
  }
  return first === undefined || !hasMoreBeginnings(lines, first, count);
}

/** How a record begins: its brace and its first key. */
const BEGINNING = /^\{\s*"[^"\\]*"/;
const LONGEST_BEGINNING = 128;

/** Reports whether lines hold the beginning of the first one more often than there are lines, as joined records do. */
function hasMoreBeginnings(lines: Buffer, first: Buffer, count: number): boolean {
  const [beginning] = BEGINNING.exec(first.toString("latin1", 0, LONGEST_BEGINNING)) ?? [];
  if (beginning === undefined) return false;
  const bytes = Buffer.from(beginning, "latin1");
  let found = 0;
  for (let at = lines.indexOf(bytes); at !== -1; at = lines.indexOf(bytes, at + bytes.length)) found += 1;
  return found > count;
}

/** Reports whether bytes are a JSON object. */
export function isObject(bytes: Buffer): boolean {
  return isBraced(bytes) && isJson(bytes);
}

function isJson(bytes: Buffer): boolean {
  try {
    // Whatever is not ASCII stands in strings, or nothing is JSON. Each byte as a character is read much faster.
    JSON.parse(bytes.toString("latin1"));
    return true;
  } catch {
    return false;
  }
}

const WORD = 4;

/** Reports whether there is a control character other than the ends of lines. Looks at four bytes at once. */
function hasControls(bytes: Buffer): boolean {
  const aligned = Math.min((WORD - (bytes.byteOffset % WORD)) % WORD, bytes.length);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + aligned, Math.floor((bytes.length - aligned) / WORD));
  if (hasControlIn(bytes, 0, aligned)) return true;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? 0;
    // The highest bit of a byte is set where subtracting 0x20 borrows, which it does for all bytes below it.
    if (((word - 0x20202020) & ~word & 0x80808080) === 0) continue;
    const at = aligned + i * WORD;
    if (hasControlIn(bytes, at, at + WORD)) return true;
  }
  return hasControlIn(bytes, aligned + words.length * WORD, bytes.length);
}

function hasControlIn(bytes: Buffer, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0;
    if (byte >= SPACE || byte === NEWLINE) continue;
    if (byte !== RETURN || bytes[i + 1] !== NEWLINE) return true;
  }
  return false;
}
