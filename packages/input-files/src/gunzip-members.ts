import { isUtf8 } from "node:buffer";
import { crc32, createInflateRaw } from "node:zlib";
import { UnreadableFileError } from "@lethe/contracts/errors";
import { type ByteReader, readBytes, restOf } from "./byte-reader.js";
import { type ByteSource, NEWLINE_BYTES } from "./line-chunk.js";

/** What follows the last member of a gzip file, and is no padding. */
export interface GzipTail {
  readonly bytes: number;
  /** Whether it is text, which was read on as if it were unpacked. */
  readonly isText: boolean;
}

/** Bytes that are unpacked together: at the best packing there is, 4 MiB come of them. */
const STEP_BYTES = 4 * 1024;

/**
 * Yields what the members of a gzip file unpack to, one after another. Padding of zeros between and behind them is left out.
 * Anything else behind the last member is read on where it is text, is left out where it is not, and is reported to `onTail`.
 * Throws UnreadableFileError at a place where a member is torn or damaged. Slower than zlib's own reading, which does not tell
 * where a member ends.
 */
export async function* gunzipMembers(stored: ByteSource, onTail: (tail: GzipTail) => void): AsyncGenerator<Buffer> {
  const reader = readBytes(stored);
  let hasMember = false;
  while (!hasMember || (await skipZeros(reader))) {
    if (!(await skipHeader(reader))) {
      if (!hasMember) throw damaged();
      yield* readTail(reader, onTail);
      return;
    }
    hasMember = true;
    yield* inflateMember(reader);
  }
}

/** Skips padding. Returns false if nothing follows it. */
async function skipZeros(reader: ByteReader): Promise<boolean> {
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
    const start = piece.findIndex((byte) => byte !== 0);
    if (start === -1) continue;
    reader.putBack(piece.subarray(start));
    return true;
  }
  return false;
}

// RFC 1952, section 2.3.
const MAGIC = Buffer.from([0x1f, 0x8b, 0x08]);
const FIXED_BYTES = 10;
const TRAILER_BYTES = 8;
const FLAGS = { hcrc: 0x02, extra: 0x04, name: 0x08, comment: 0x10 };
const LONGEST_TEXT = 64 * 1024;

async function skipHeader(reader: ByteReader): Promise<boolean> {
  const fixed = await reader.take(FIXED_BYTES);
  if (!fixed.subarray(0, MAGIC.length).equals(MAGIC)) {
    reader.putBack(fixed);
    return false;
  }
  const flags = fixed[MAGIC.length] ?? 0;
  if ((flags & FLAGS.extra) !== 0) {
    const length = await reader.take(2);
    await reader.take(length.length < 2 ? 0 : length.readUInt16LE());
  }
  if ((flags & FLAGS.name) !== 0) await skipText(reader);
  if ((flags & FLAGS.comment) !== 0) await skipText(reader);
  if ((flags & FLAGS.hcrc) !== 0) await reader.take(2);
  return true;
}

async function skipText(reader: ByteReader): Promise<void> {
  const bytes = await reader.take(LONGEST_TEXT);
  const end = bytes.indexOf(0);
  if (end === -1) throw damaged();
  reader.putBack(bytes.subarray(end + 1));
}

async function* inflateMember(reader: ByteReader): AsyncGenerator<Buffer> {
  const inflate = createInflateRaw();
  let pieces: Buffer[] = [];
  let length = 0;
  let sum = 0;
  inflate.on("data", (piece: Buffer) => {
    pieces.push(piece);
    length += piece.length;
    sum = crc32(piece, sum);
  });
  let failure: Error | undefined;
  const over = new Promise<"over">((resolve) => {
    inflate.once("error", (error) => {
      failure = error;
      resolve("over");
    });
    for (const event of ["end", "close"]) inflate.once(event, () => resolve("over"));
  });
  try {
    for (;;) {
      const piece = await reader.next();
      if (piece === undefined) throw endsTooEarly();
      const step = piece.subarray(0, STEP_BYTES);
      reader.putBack(piece.subarray(step.length));
      const before = inflate.bytesWritten;
      const written = new Promise<"written">((resolve) => inflate.write(step, () => resolve("written")));
      const outcome = await Promise.race([written, over]);
      if (failure !== undefined) throw damaged(failure);
      const used = inflate.bytesWritten - before;
      yield* pieces;
      pieces = [];
      if (outcome === "written" && used === step.length && !inflate.readableEnded) continue;
      reader.putBack(step.subarray(used));
      break;
    }
    await over;
    yield* pieces;
  } finally {
    inflate.destroy();
  }
  const trailer = await reader.take(TRAILER_BYTES);
  if (trailer.length < TRAILER_BYTES) throw endsTooEarly();
  if (trailer.readUInt32LE(0) !== sum || trailer.readUInt32LE(4) !== length % 2 ** 32) throw damaged();
}

/** Bytes of a tail by which it is told whether it is text. */
const LOOKED_AT = 4 * 1024;

async function* readTail(reader: ByteReader, onTail: (tail: GzipTail) => void): AsyncGenerator<Buffer> {
  const head = await reader.take(LOOKED_AT);
  const isText = isTextual(head);
  reader.putBack(head);
  let bytes = 0;
  if (isText) yield NEWLINE_BYTES;
  for await (const piece of restOf(reader)) {
    bytes += piece.length;
    if (isText) yield piece;
  }
  onTail({ bytes, isText });
}

function isTextual(head: Buffer): boolean {
  // The head may end within a character.
  const cuts = head.length === LOOKED_AT ? [0, 1, 2, 3] : [0];
  const whole = cuts.some((cut) => isUtf8(head.subarray(0, head.length - cut)));
  return whole && !head.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
}

function damaged(cause?: Error): UnreadableFileError {
  return new UnreadableFileError("the gzip data is damaged; send the file again", { cause });
}

function endsTooEarly(): UnreadableFileError {
  return new UnreadableFileError("the gzip data ends too early; send the file again whole");
}
