import { createRowEndFinder } from "./csv-row-ends.js";
import type { ByteSource } from "./line-chunk.js";

const MARK = Buffer.from("\ufeff");

/**
 * Yields a CSV file's bytes without the byte order marks that rows begin with. Such a mark is in the middle of a file
 * if two files were joined. The parser removes a mark at the start of each piece that it gets, so that without this
 * function the result would depend on how the file is cut into pieces.
 */
export async function* dropRowMarks(source: ByteSource): AsyncGenerator<Buffer> {
  const endsRow = createRowEndFinder();
  let atRowStart = true;
  // How much of a mark the bytes since the row's start make.
  let matched = 0;
  for await (const piece of source) {
    const kept: Buffer[] = [];
    let keptFrom = 0;
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i] ?? 0;
      if (atRowStart && byte === MARK[matched]) {
        if (matched === 0) kept.push(piece.subarray(keptFrom, i));
        matched = (matched + 1) % MARK.length;
        keptFrom = i + 1;
        continue;
      }
      if (matched > 0) {
        // The beginning of another character.
        kept.push(MARK.subarray(0, matched));
        for (const part of MARK.subarray(0, matched)) endsRow(part);
        matched = 0;
        keptFrom = i;
      }
      atRowStart = endsRow(byte);
    }
    kept.push(piece.subarray(keptFrom));
    yield kept.length === 1 && kept[0] !== undefined ? kept[0] : Buffer.concat(kept);
  }
  if (matched > 0) yield MARK.subarray(0, matched);
}
