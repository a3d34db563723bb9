import { NEWLINE } from "./line-chunk.js";

const RETURN = 0x0d;
const SPACE = 0x20;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const JOINED = Buffer.from("}{");

/**
 * Reports whether whole lines are evidently a JSON object each, as far as this can be seen without parsing them: each begins and
 * ends with a brace, no object follows another one, no control character stands in them, and the first line is JSON. Blank lines
 * are none. Costs a small part of what parsing does.
 */
export function areObjectLines(lines: Buffer): boolean {
  return !lines.includes(JOINED) && !hasControls(lines) && eachIsBraced(lines);
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
  let isParsed = false;
  while (start < lines.length) {
    const found = lines.indexOf(NEWLINE, start);
    const next = found === -1 ? lines.length : found;
    const end = lines[next - 1] === RETURN ? next - 1 : next;
    if (end > start) {
      if (lines[start] !== OPEN_BRACE || lines[end - 1] !== CLOSE_BRACE) return false;
      if (!isParsed && !isJson(lines.subarray(start, end))) return false;
      isParsed = true;
    }
    start = next + 1;
  }
  return true;
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString("utf8"));
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
