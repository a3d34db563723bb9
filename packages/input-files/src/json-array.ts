import { createArrayScanner } from "./array-scanner.js";
import { tooLong } from "./json-lines.js";
import { type ByteSource, type LineChunk, NEWLINE, NEWLINE_BYTES } from "./line-chunk.js";

const RETURN = 0x0d;
const SPACE = 0x20;

/**
 * Cuts a JSON array into its elements, one per line, without parsing them. Line breaks in an element, which JSON
 * allows only between tokens, become spaces. Throws UnreadableFileError for an array that does not end, for text
 * after it, and for an element of more than `maxRecordBytes`. Passes each element to `look` as it stands in the file.
 */
export async function* jsonArray(
  source: ByteSource,
  maxRecordBytes: number,
  look?: (element: Buffer) => void,
): AsyncGenerator<LineChunk> {
  let elements = 0;
  let done: Buffer[] = [];
  const scanner = createArrayScanner(
    (element) => {
      if (element.length > maxRecordBytes) throw tooLong(elements + 1, maxRecordBytes);
      if (isBlank(element)) return;
      elements += 1;
      look?.(element);
      done.push(onOneLine(element), NEWLINE_BYTES);
    },
    () => undefined,
  );
  for await (const piece of source) {
    scanner.push(piece);
    if (scanner.openBytes() > maxRecordBytes) throw tooLong(elements + 1, maxRecordBytes);
    if (done.length > 0) yield { bytes: Buffer.concat(done), lines: done.length / 2 };
    done = [];
  }
  scanner.end();
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte <= SPACE);
}

/** Replaces line breaks by spaces, so that a value of several lines stands on one. */
export function onOneLine(bytes: Buffer): Buffer {
  if (!bytes.includes(NEWLINE) && !bytes.includes(RETURN)) return bytes;
  const line = Buffer.from(bytes);
  for (const lineEnd of [NEWLINE, RETURN]) {
    for (let at = line.indexOf(lineEnd); at !== -1; at = line.indexOf(lineEnd, at + 1)) line[at] = SPACE;
  }
  return line;
}
