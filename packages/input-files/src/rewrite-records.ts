import { createArrayScanner } from "./array-scanner.js";
import type { InputFormat } from "./input-format.js";
import { detectJsonShape } from "./json-shape.js";
import { type ByteSource, NEWLINE } from "./line-chunk.js";
import { cutBetweenWords, type Rewrite, type RewriteText, rewriteBytes } from "./rewrite.js";
import { rewriteCsv } from "./rewrite-csv.js";

/**
 * Yields a file's bytes with some of its records replaced and every other byte as it was. `source` must yield
 * unpacked bytes. Of a file that is not whole, everything is rewritten, and its last piece is treated as a record. To
 * limit memory, a record longer than `maxRecordBytes` is split, and each piece is treated as a record.
 */
export async function* rewriteRecords(
  source: ByteSource,
  shape: InputFormat["shape"],
  rewrite: Rewrite,
  maxRecordBytes: number,
): AsyncGenerator<Buffer> {
  if (shape === "csv") {
    yield* rewriteCsv(source, rewrite, maxRecordBytes);
  } else if (shape === "ndjson") {
    yield* rewriteLines(source, rewrite.json, maxRecordBytes);
  } else {
    const shaped = await detectJsonShape(source, maxRecordBytes);
    if (shaped.shape === "array") yield* rewriteArray(shaped.source, rewrite.json, maxRecordBytes);
    else if (shaped.shape === "lines") yield* rewriteLines(shaped.source, rewrite.json, maxRecordBytes);
    else for await (const whole of shaped.source) yield rewriteBytes(whole, rewrite.json) ?? whole;
  }
}

async function* rewriteLines(source: ByteSource, rewrite: RewriteText, maxRecordBytes: number): AsyncGenerator<Buffer> {
  let open: Buffer[] = [];
  let openBytes = 0;
  for await (const piece of source) {
    const end = piece.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      yield* rewriteWholeLines(Buffer.concat([...open, piece.subarray(0, end)]), rewrite);
      open = [];
      openBytes = 0;
    }
    open.push(piece.subarray(end));
    openBytes += piece.length - end;
    if (openBytes > maxRecordBytes) {
      const { head, rest } = cutBetweenWords(Buffer.concat(open));
      yield rewriteBytes(head, rewrite) ?? head;
      open = [rest];
      openBytes = rest.length;
    }
  }
  const rest = Buffer.concat(open);
  yield rewriteBytes(rest, rewrite) ?? rest;
}

function* rewriteWholeLines(bytes: Buffer, rewrite: RewriteText): Generator<Buffer> {
  let start = 0;
  let unchangedFrom = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    const replacement = rewriteBytes(bytes.subarray(start, end), rewrite);
    if (replacement !== undefined) {
      yield bytes.subarray(unchangedFrom, start);
      yield replacement;
      unchangedFrom = end;
    }
    start = end + 1;
  }
  yield bytes.subarray(unchangedFrom);
}

async function* rewriteArray(source: ByteSource, rewrite: RewriteText, maxRecordBytes: number): AsyncGenerator<Buffer> {
  let done: Buffer[] = [];
  const scanner = createArrayScanner(
    (element) => done.push(rewriteBytes(element, rewrite) ?? element),
    (between) => done.push(between),
    true,
  );
  for await (const piece of source) {
    scanner.push(piece);
    if (scanner.openBytes() > maxRecordBytes) scanner.cutOpen();
    yield Buffer.concat(done);
    done = [];
  }
  scanner.end();
  yield Buffer.concat(done);
}
