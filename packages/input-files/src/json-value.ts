/** Where a JSON value ends, or why no value stands there. */
export type ValueEnd =
  /** The value ends before this place. */
  | { readonly kind: "whole"; readonly end: number }
  /** What stands at this place cannot continue the value. */
  | { readonly kind: "broken"; readonly at: number }
  /** The bytes end within the value. */
  | { readonly kind: "open" };

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const LOWER_U = 0x75;

const RECORD_SEPARATOR = 0x1e;

/** No record is nested as deep. */
export const MOST_NESTED = 1000;

/** What may come next. */
type Expected = "value" | "value or ]" | "key or }" | "key" | "colon" | ", or end";

/**
 * Finds the end of the JSON object or array that begins at `start`, by JSON's grammar, with one exception: strings may hold raw
 * control characters. `broken` is the first byte that no valid value could have there.
 */
export function findValueEnd(bytes: Buffer, start: number): ValueEnd {
  const open: number[] = [];
  let expected: Expected = "value";
  let i = start;
  while (i < bytes.length) {
    const byte = bytes[i] ?? 0;
    if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d && byte !== 0x0b && byte !== 0x0c)) {
      i += 1;
      continue;
    }
    const mayEnd: boolean =
      (byte === CLOSE_BRACE && open.at(-1) === OPEN_BRACE && (expected === "key or }" || expected === ", or end")) ||
      (byte === CLOSE_BRACKET &&
        open.at(-1) === OPEN_BRACKET &&
        (expected === "value or ]" || expected === ", or end"));
    if (mayEnd) {
      open.pop();
      i += 1;
      if (open.length === 0) return { kind: "whole", end: i };
      expected = ", or end";
    } else if (expected === ", or end") {
      if (byte !== COMMA) return { kind: "broken", at: i };
      expected = open.at(-1) === OPEN_BRACE ? "key" : "value";
      i += 1;
    } else if (expected === "colon") {
      if (byte !== COLON) return { kind: "broken", at: i };
      expected = "value";
      i += 1;
    } else if (expected === "key" || expected === "key or }") {
      if (byte !== QUOTE) return { kind: "broken", at: i };
      const end = findStringEnd(bytes, i);
      if (typeof end !== "number") return end;
      expected = "colon";
      i = end;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      // Lines that each begin an object and do not end it would be read as one value again and again.
      if (open.length === MOST_NESTED) return { kind: "broken", at: i };
      open.push(byte);
      expected = byte === OPEN_BRACE ? "key or }" : "value or ]";
      i += 1;
    } else {
      const end = byte === QUOTE ? findStringEnd(bytes, i) : findScalarEnd(bytes, i);
      if (typeof end !== "number") return end;
      if (open.length === 0) return { kind: "whole", end };
      expected = ", or end";
      i = end;
    }
  }
  return { kind: "open" };
}

function findStringEnd(bytes: Buffer, start: number): number | ValueEnd {
  for (let i = start + 1; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) return i + 1;
    // It begins a record wherever it stands (RFC 7464, section 2.3).
    if (byte === RECORD_SEPARATOR) return { kind: "broken", at: i };
    if (byte !== BACKSLASH) continue;
    i += 1;
    const escaped = bytes[i];
    if (escaped === undefined) break;
    if (escaped === LOWER_U) {
      for (let digit = 1; digit <= 4; digit++) {
        const hex = bytes[i + digit];
        if (hex === undefined) return { kind: "open" };
        if (!isHex(hex)) return { kind: "broken", at: i + digit };
      }
      i += 4;
    } else if (!ESCAPED.has(escaped)) return { kind: "broken", at: i };
  }
  return { kind: "open" };
}

const ESCAPED: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrt'));

function isHex(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

/** Longer numbers are valid, but nobody's. */
const LONGEST_SCALAR = 4096;
const SCALAR = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/;

function findScalarEnd(bytes: Buffer, start: number): number | ValueEnd {
  let end = start;
  while (end < bytes.length && end - start <= LONGEST_SCALAR && isOfScalar(bytes[end] ?? 0)) end++;
  if (end === bytes.length) return { kind: "open" };
  return SCALAR.test(bytes.toString("latin1", start, end)) ? end : { kind: "broken", at: start };
}

/** Reports whether a byte is a letter, a digit or one of `+-.`. */
function isOfScalar(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x45 ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  );
}
