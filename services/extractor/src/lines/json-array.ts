import { UnreadableFileError } from "@lethe/contracts/errors";
import { tooLong } from "./json-lines.js";
import { type ByteSource, type LineChunk, NEWLINE_BYTES } from "./line-chunk.js";

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;

/**
 * Cuts a JSON array into its elements, a line each, without parsing them: whatever stands between two commas of the
 * outermost level is an element, fit or not. Line breaks in an element, which JSON allows between tokens only, become
 * spaces. Throws UnreadableFileError for an array that does not end, text after it, or an element over the limit.
 */
export async function* jsonArray(source: ByteSource, maxRecordBytes: number): AsyncGenerator<LineChunk> {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let ended = false;
  let elements = 0;
  let open: Buffer[] = [];
  let openBytes = 0;
  for await (const piece of source) {
    const done: Buffer[] = [];
    let lines = 0;
    let start = 0;
    const closeElement = (end: number) => {
      const element = Buffer.concat([...open, piece.subarray(start, end)]);
      open = [];
      openBytes = 0;
      if (element.length > maxRecordBytes) throw tooLong(elements + 1, maxRecordBytes);
      if (isBlank(element)) return;
      elements += 1;
      lines += 1;
      done.push(onOneLine(element), NEWLINE_BYTES);
    };
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i] ?? SPACE;
      if (ended) {
        if (byte > SPACE) throw new UnreadableFileError("there is text after the end of the array");
      } else if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) {
        inString = true;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        depth += 1;
        if (depth === 1) start = i + 1;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth -= 1;
        if (depth === 0) {
          closeElement(i);
          ended = true;
        }
      } else if (byte === COMMA && depth === 1) {
        closeElement(i);
        start = i + 1;
      }
    }
    if (depth > 0) {
      open.push(piece.subarray(start));
      openBytes += piece.length - start;
      if (openBytes > maxRecordBytes) throw tooLong(elements + 1, maxRecordBytes);
    }
    if (lines > 0) yield { bytes: Buffer.concat(done), lines };
  }
  if (!ended) throw new UnreadableFileError("the array does not end");
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte <= SPACE);
}

/** Replaces line breaks by spaces, so that a value of several lines stands on one. */
export function onOneLine(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte) => (byte === 0x0a || byte === 0x0d ? SPACE : byte)));
}
