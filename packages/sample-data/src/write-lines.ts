import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

/** Fixed, so that the same lines give the same bytes. Node writes no time into a gzip header. */
export const GZIP_LEVEL = 6;

const CHUNK_CHARACTERS = 256 * 1024;

/**
 * Writes a new file of the given lines, a line break after each, and the folders above it. Lines are taken only as
 * fast as the disk takes them, so memory does not grow with the file. Returns the file's size in bytes.
 */
export async function writeLines(path: string, lines: Iterable<string>, gzip: boolean): Promise<number> {
  await mkdir(dirname(path), { recursive: true });
  const file = createWriteStream(path, { flags: "wx" });
  const source = Readable.from(joinChunks(lines), { highWaterMark: 1 });
  if (gzip) {
    await pipeline(source, createGzip({ level: GZIP_LEVEL }), file);
  } else {
    await pipeline(source, file);
  }
  return file.bytesWritten;
}

function* joinChunks(lines: Iterable<string>): Generator<Buffer> {
  let text = "";
  for (const line of lines) {
    text += line;
    text += "\n";
    if (text.length >= CHUNK_CHARACTERS) {
      yield Buffer.from(text);
      text = "";
    }
  }
  if (text !== "") yield Buffer.from(text);
}
