import { Readable, Transform, type TransformCallback } from "node:stream";
import { pipeline } from "node:stream/promises";
import { TextDecoder } from "node:util";
import { UnreadableFileError } from "@lethe/contracts/errors";
import { parse } from "fast-csv";
import { tooLong } from "./json-lines.js";
import { type ByteSource, type LineChunk, NEWLINE } from "./line-chunk.js";

const CHUNK_BYTES = 256 * 1024;

/**
 * Makes a JSON object of each CSV row, a line each, with the header's names and every field as text. A row with more or
 * fewer fields than the header becomes an array, which no dataset's schema takes: it is rejected, not lost.
 * Throws UnreadableFileError for bytes that are not UTF-8, a line over the limit, or quotes that do not end.
 */
export async function* csvLines(source: ByteSource, maxRecordBytes: number): AsyncGenerator<LineChunk> {
  const parser = parse({ headers: true, strictColumnHandling: true, ignoreEmpty: true });
  const rows: string[] = [];
  parser.on("data-invalid", (row: string[]) => rows.push(JSON.stringify(row)));
  const feed = pipeline(Readable.from(source), guard(maxRecordBytes), parser).catch((error: unknown) => {
    parser.destroy(asUnreadable(error));
  });
  let bytes = 0;
  try {
    for await (const row of parser) {
      const line = JSON.stringify(row);
      rows.push(line);
      bytes += line.length;
      if (bytes >= CHUNK_BYTES) {
        yield toChunk(rows.splice(0));
        bytes = 0;
      }
    }
  } catch (error) {
    throw asUnreadable(error);
  }
  await feed;
  if (rows.length > 0) yield toChunk(rows);
}

function toChunk(rows: readonly string[]): LineChunk {
  return { bytes: Buffer.from(`${rows.join("\n")}\n`), lines: rows.length };
}

/** Passes bytes on, as long as they are UTF-8 and no line is longer than the limit: the parser would keep it whole. */
function guard(maxRecordBytes: number): Transform {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let lineBytes = 0;
  let line = 1;
  return new Transform({
    transform(piece: Buffer, _encoding, done: TransformCallback) {
      try {
        decoder.decode(piece, { stream: true });
        let start = 0;
        for (let end = piece.indexOf(NEWLINE); end !== -1; end = piece.indexOf(NEWLINE, start)) {
          if (lineBytes + end - start > maxRecordBytes) throw tooLong(line, maxRecordBytes);
          lineBytes = 0;
          line += 1;
          start = end + 1;
        }
        lineBytes += piece.length - start;
        if (lineBytes > maxRecordBytes) throw tooLong(line, maxRecordBytes);
        done(null, piece);
      } catch (error) {
        done(asUnreadable(error));
      }
    },
    flush(done) {
      try {
        decoder.decode();
        done();
      } catch (error) {
        done(asUnreadable(error));
      }
    },
  });
}

function asUnreadable(error: unknown): UnreadableFileError {
  if (error instanceof UnreadableFileError) return error;
  const notUtf8 = error instanceof TypeError && "code" in error && error.code === "ERR_ENCODING_INVALID_ENCODED_DATA";
  return new UnreadableFileError(notUtf8 ? "the file is not UTF-8" : "the file is not CSV", { cause: error });
}
