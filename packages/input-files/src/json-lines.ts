import { UnreadableFileError } from "@lethe/contracts/errors";
import { type ByteSource, type LineChunk, NEWLINE, NEWLINE_BYTES } from "./line-chunk.js";

/**
 * Cuts bytes at line ends. Each chunk holds the whole lines of one read, so that no line is copied by itself, and
 * nothing is copied at all if lines and reads end together. Throws UnreadableFileError for a line of more than
 * `maxRecordBytes`.
 */
export async function* jsonLines(source: ByteSource, maxRecordBytes: number): AsyncGenerator<LineChunk> {
  let open: Buffer[] = [];
  let openBytes = 0;
  let line = 1;
  for await (const piece of source) {
    const end = piece.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const last = piece.subarray(0, end);
      const bytes = open.length === 0 ? last : Buffer.concat([...open, last]);
      const lines = countLines(bytes, line, maxRecordBytes);
      yield { bytes, lines };
      line += lines;
      open = [];
      openBytes = 0;
    }
    if (end < piece.length) {
      open.push(piece.subarray(end));
      openBytes += piece.length - end;
      if (openBytes > maxRecordBytes) throw tooLong(line, maxRecordBytes);
    }
  }
  if (openBytes > 0) yield { bytes: Buffer.concat([...open, NEWLINE_BYTES]), lines: 1 };
}

function countLines(bytes: Buffer, firstLine: number, maxRecordBytes: number): number {
  let lines = 0;
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    if (end - start > maxRecordBytes) throw tooLong(firstLine + lines, maxRecordBytes);
    lines += 1;
    start = end + 1;
  }
  return lines;
}

/** Creates the error for a line or record that is longer than the limit. */
export function tooLong(line: number, maxRecordBytes: number): UnreadableFileError {
  return new UnreadableFileError(`record ${line} is longer than ${maxRecordBytes} bytes (LETHE_MAX_RECORD_BYTES)`);
}
