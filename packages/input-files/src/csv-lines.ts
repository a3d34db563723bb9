import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UnreadableFileError } from "@lethe/contracts/errors";
import { parse } from "fast-csv";
import { guardCsv } from "./guard-csv.js";
import type { ByteSource, LineChunk } from "./line-chunk.js";

const CHUNK_BYTES = 256 * 1024;

/**
 * Makes a JSON object of each CSV row, a line each, with the header's names and every field as text. A row with more or
 * fewer fields than the header becomes an array, which no dataset's schema takes: it is rejected, not lost. Blank lines
 * are no rows. Throws UnreadableFileError for bytes that are not UTF-8, a row over the limit, quotes that do not end, or
 * two columns of one name.
 */
export async function* csvLines(source: ByteSource, maxRecordBytes: number): AsyncGenerator<LineChunk> {
  // Header and ragged rows are told apart here: the parser would report ragged rows ahead of the rows before them.
  const parser = parse({ headers: false });
  let sourceFailure: { error: unknown } | undefined;
  async function* guarded() {
    try {
      yield* guardCsv(source, maxRecordBytes);
    } catch (error) {
      sourceFailure = { error };
      throw error;
    }
  }
  const feed = pipeline(Readable.from(guarded()), parser).catch((error: Error) => void parser.destroy(error));
  let header: readonly string[] | undefined;
  let lines: string[] = [];
  let length = 0;
  try {
    for await (const row of parser as AsyncIterable<string[]>) {
      if (row.length === 0) continue;
      if (header === undefined) {
        header = withoutDoubles(row);
        continue;
      }
      const line = JSON.stringify(toRecord(header, row));
      lines.push(line);
      length += line.length;
      if (length >= CHUNK_BYTES) {
        yield toChunk(lines);
        lines = [];
        length = 0;
      }
    }
    await feed;
  } catch (error) {
    if (sourceFailure !== undefined) throw sourceFailure.error;
    throw error instanceof UnreadableFileError
      ? error
      : new UnreadableFileError("the file is not CSV", { cause: error });
  }
  if (lines.length > 0) yield toChunk(lines);
}

function withoutDoubles(header: readonly string[]): readonly string[] {
  const names = header.filter((name) => name !== "");
  if (new Set(names).size < names.length) throw new UnreadableFileError("two columns have the same name");
  return header;
}

function toRecord(header: readonly string[], row: readonly string[]): unknown {
  return row.length === header.length ? Object.fromEntries(header.map((name, i) => [name, row[i]])) : row;
}

function toChunk(rows: readonly string[]): LineChunk {
  return { bytes: Buffer.from(`${rows.join("\n")}\n`), lines: rows.length };
}
