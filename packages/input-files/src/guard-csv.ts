import { TextDecoder } from "node:util";
import { UnreadableFileError } from "@lethe/contracts/errors";
import { tooLong } from "./json-lines.js";
import { type ByteSource, NEWLINE } from "./line-chunk.js";

const QUOTE = 0x22;
const COMMA = 0x2c;
const RETURN = 0x0d;
const SPACE = 0x20;

/**
 * Passes a CSV file's bytes on, as long as they are UTF-8 and no row is longer than the limit. The parser keeps a row
 * whole and starts over on it with every piece that comes, so that a quote without end would cost the whole file's memory
 * and, in time, the square of it. Throws UnreadableFileError.
 */
export async function* guardCsv(source: ByteSource, maxRecordBytes: number): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const rows = countRows(maxRecordBytes);
  for await (const piece of source) {
    requireUtf8(() => decoder.decode(piece, { stream: true }));
    rows.take(piece);
    yield piece;
  }
  requireUtf8(() => decoder.decode());
}

function countRows(maxRecordBytes: number) {
  let row = 1;
  let rowBytes = 0;
  let inQuotes = false;
  // A quote opens only where a field begins; anywhere else it stands for itself.
  let atFieldStart = true;
  // A quote in quotes closes them, unless another one follows: the two of them are one of the field's text.
  let afterQuote = false;
  return {
    take(piece: Buffer) {
      for (let i = 0; i < piece.length; i++) {
        const byte = piece[i] ?? 0;
        rowBytes += 1;
        if (byte === QUOTE) {
          const opens = atFieldStart || afterQuote;
          afterQuote = inQuotes;
          inQuotes = !inQuotes && opens;
          atFieldStart = false;
        } else if (!inQuotes) {
          afterQuote = false;
          if (byte === NEWLINE || byte === RETURN) {
            if (rowBytes - 1 > maxRecordBytes) throw tooLong(row, maxRecordBytes);
            if (rowBytes > 1) row += 1;
            rowBytes = 0;
            atFieldStart = true;
          } else if (byte === COMMA) {
            atFieldStart = true;
          } else if (byte > SPACE) {
            atFieldStart = false;
          }
        }
      }
      if (rowBytes > maxRecordBytes) throw tooLong(row, maxRecordBytes);
    },
  };
}

function requireUtf8(decode: () => string): void {
  try {
    decode();
  } catch (error) {
    throw new UnreadableFileError("the file is not UTF-8", { cause: error });
  }
}
