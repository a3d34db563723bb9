import type { ByteSource } from "./line-chunk.js";

/** How a file's text is encoded: by a mark or by its zeros, or as a setting says where the bytes do not show it. */
export type TextEncoding = "utf-8" | "utf-16le" | "utf-16be" | "utf-32le" | "utf-32be" | { readonly label: string };

/** What people call an encoding. */
export function encodingName(encoding: TextEncoding): string {
  return typeof encoding === "string" ? NAMES[encoding] : encoding.label;
}

const NAMES = {
  "utf-8": "UTF-8",
  "utf-16le": "UTF-16LE",
  "utf-16be": "UTF-16BE",
  "utf-32le": "UTF-32LE",
  "utf-32be": "UTF-32BE",
} as const;

/** Returns the encoding that a label of the WHATWG's Encoding Standard names: `windows-1252`, `utf-16le`. */
export function encodingOfLabel(label: string): TextEncoding {
  const { encoding } = new TextDecoder(label);
  return encoding === "utf-8" || encoding === "utf-16le" || encoding === "utf-16be" ? encoding : { label };
}

type Wide = Exclude<keyof typeof NAMES, "utf-8">;

/** Bytes at the beginning of a text that show its encoding. */
export const ENCODING_BYTES = 1024;

/**
 * Returns the encoding that the first bytes of a text show: by a byte order mark, or without one by where the zeros stand that
 * each ASCII character has in UTF-16 and UTF-32. Text that shows nothing is UTF-8.
 */
export function detectEncoding(head: Buffer): keyof typeof NAMES {
  if (head.indexOf(Buffer.from([0xff, 0xfe, 0, 0])) === 0) return "utf-32le";
  if (head.indexOf(Buffer.from([0, 0, 0xfe, 0xff])) === 0) return "utf-32be";
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  if (!head.includes(0)) return "utf-8";
  // A record and a header row begin with ASCII, whatever is in them.
  return WIDE.find((encoding) => beginsAs(encoding, head)) ?? "utf-8";
}

/** Reports whether a text begins with the mark of UTF-8, which a setting for another encoding does not go before. */
export function hasUtf8Mark(head: Buffer): boolean {
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
}

const WIDE: readonly Wide[] = ["utf-32le", "utf-32be", "utf-16le", "utf-16be"];
const WIDTH = { "utf-16le": 2, "utf-16be": 2, "utf-32le": 4, "utf-32be": 4 } as const;

/** Units at the beginning that must be ASCII, and how much of the head must be. */
const FIRST_UNITS = 2;
const LEAST_ASCII = 0.3;

function beginsAs(encoding: Wide, head: Buffer): boolean {
  const width = WIDTH[encoding];
  const units = Math.floor(head.length / width);
  if (units < FIRST_UNITS) return false;
  let ascii = 0;
  for (let i = 0; i < units; i++) {
    const code = unitAt(head, i * width, encoding);
    const isAscii = code > 0 && code < 0x80;
    if (isAscii) ascii += 1;
    else if (i < FIRST_UNITS) return false;
    if (width === 4 && code > 0x10ffff) return false;
  }
  return ascii >= units * LEAST_ASCII;
}

function unitAt(bytes: Buffer, offset: number, encoding: Wide): number {
  switch (encoding) {
    case "utf-16le":
      return bytes.readUInt16LE(offset);
    case "utf-16be":
      return bytes.readUInt16BE(offset);
    case "utf-32le":
      return bytes.readUInt32LE(offset);
    case "utf-32be":
      return bytes.readUInt32BE(offset);
  }
}

/**
 * Yields a text in UTF-8. What is no character in its encoding (half a surrogate pair, a number beyond Unicode's, a cut last
 * character) becomes bytes that are no UTF-8 and that still tell what was there: the record that holds them is unreadable, and no
 * other one is.
 */
export async function* toUtf8(source: ByteSource, encoding: TextEncoding): AsyncGenerator<Buffer> {
  if (encoding === "utf-8") yield* source;
  else if (typeof encoding === "object") yield* fromLabelled(source, encoding.label);
  else yield* fromWide(source, encoding);
}

async function* fromLabelled(source: ByteSource, label: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(label);
  for await (const piece of source) yield Buffer.from(decoder.decode(piece, { stream: true }));
  yield Buffer.from(decoder.decode());
}

async function* fromWide(source: ByteSource, encoding: Wide): AsyncGenerator<Buffer> {
  const width = WIDTH[encoding];
  let open: Buffer = Buffer.alloc(0);
  for await (const piece of source) {
    const bytes = open.length === 0 ? piece : Buffer.concat([open, piece]);
    let end = bytes.length - (bytes.length % width);
    // A pair may have been cut in two.
    if (width === 2 && end > 0 && isHighSurrogate(unitAt(bytes, end - width, encoding))) end -= width;
    if (end > 0) yield decodeWide(bytes.subarray(0, end), encoding);
    open = Buffer.from(bytes.subarray(end));
  }
  const whole = open.length - (open.length % width);
  if (whole > 0) yield decodeWide(open.subarray(0, whole), encoding);
  // Of a last character that was cut, what there is: the line end of a text that lost its last zero is one still.
  if (whole < open.length) yield open.subarray(whole);
}

function decodeWide(bytes: Buffer, encoding: Wide): Buffer {
  if (encoding === "utf-32le" || encoding === "utf-32be") return decodeUtf32(bytes, encoding);
  const text = (encoding === "utf-16le" ? bytes : Buffer.from(bytes).swap16()).toString("utf16le");
  if (!LONE_SURROGATE.test(text)) return Buffer.from(text);
  return Buffer.concat(
    text.split(LONE_SURROGATE).map((part, i) => (i % 2 === 1 ? encodeCode(part.charCodeAt(0)) : Buffer.from(part))),
  );
}

/** Half of a pair; that of a whole one is read as one character. */
const LONE_SURROGATE = /(\p{Surrogate})/u;

function decodeUtf32(bytes: Buffer, encoding: Wide): Buffer {
  const parts: Buffer[] = [];
  let text = "";
  for (let i = 0; i < bytes.length; i += 4) {
    const code = unitAt(bytes, i, encoding);
    if (code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)) {
      text += String.fromCodePoint(code);
      continue;
    }
    parts.push(Buffer.from(text), encodeCode(code));
    text = "";
  }
  return Buffer.concat([...parts, Buffer.from(text)]);
}

/** Encodes a number that is no character in the manner of UTF-8, in which it is not valid (RFC 2279, section 2). */
function encodeCode(code: number): Buffer {
  if (code > 0x7fffffff) return Buffer.concat([Buffer.from([0xff]), encodeCode(code % 0x80000000)]);
  if (code < 0x10000) return Buffer.from([0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]);
  const bytes = code < 0x200000 ? 4 : code < 0x4000000 ? 5 : 6;
  const lead = bytes === 4 ? 0xf0 : bytes === 5 ? 0xf8 : 0xfc;
  return Buffer.from([
    lead | (code >>> (6 * (bytes - 1))),
    ...Array.from({ length: bytes - 1 }, (_, i) => 0x80 | ((code >>> (6 * (bytes - 2 - i))) & 0x3f)),
  ]);
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
