import { TextDecoder } from "node:util";
import { UnreadableFileError } from "@lethe/contracts/errors";
import { createRowEndFinder } from "./csv-row-ends.js";
import { tooLong } from "./json-lines.js";
import type { ByteSource } from "./line-chunk.js";

/**
 * Yields a CSV file's bytes, and checks that they are UTF-8 and that no row is longer than the limit. The parser
 * keeps an unfinished row in memory and parses it again from its start with every piece, so that a quote that is
 * never closed would cost memory for the whole file and quadratic time. Throws UnreadableFileError.
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
  const endsRow = createRowEndFinder();
  let row = 1;
  let rowBytes = 0;
  return {
    take(piece: Buffer) {
      for (let i = 0; i < piece.length; i++) {
        rowBytes += 1;
        if (!endsRow(piece[i] ?? 0)) continue;
        if (rowBytes - 1 > maxRecordBytes) throw tooLong(row, maxRecordBytes);
        if (rowBytes > 1) row += 1;
        rowBytes = 0;
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
