import { isUtf8 } from "node:buffer";
import { crc32, createInflateRaw } from "node:zlib";
import { UnreadableFileError, UnsupportedFormatError } from "@lethe/contracts/errors";
import { type ByteReader, readBytes } from "./byte-reader.js";
import { type ByteSource, NEWLINE_BYTES } from "./line-chunk.js";
import { detectEncoding, ENCODING_BYTES } from "./text-encoding.js";

/** What a file has beside its gzip data and the zeros at its end. */
export interface GzipTail {
  /** Bytes of text, which was read on as if it were unpacked. */
  readonly bytes: number;
}

/** Bytes that are unpacked together: at the best packing there is, 4 MiB come of them. */
const STEP_BYTES = 4 * 1024;

/**
 * Yields what the members of a gzip file unpack to, one after another. Zeros between and behind them are left out, and white space
 * between them becomes one line end. Text between and behind them is read on; `onTail` is called at the end if there is any, or anything else
 * that zlib's own reading stops at. Throws UnsupportedFormatError where there is anything else, UnreadableFileError at a place
 * where a member is torn or damaged. Slower than zlib's own reading, which does not tell where a member ends.
 */
export async function* gunzipMembers(stored: ByteSource, onTail: (tail: GzipTail) => void): AsyncGenerator<Buffer> {
  const reader = readBytes(stored);
  if (!(await skipHeader(reader))) throw damaged();
  const text = { bytes: 0, head: Buffer.alloc(0) };
  let hasOthers = false;
  for (let isMember = true; ; ) {
    if (isMember) yield* withHead(inflateMember(reader), text);
    else yield* readText(reader, text);
    const filler = await skipFiller(reader);
    hasOthers ||= filler.hasWhiteSpace;
    if (filler.isLast) break;
    isMember = await skipHeader(reader);
    hasOthers ||= filler.bytes > 0 || !isMember;
    // Members that zeros alone stand between may have been cut anywhere, within a character too.
    if (filler.hasWhiteSpace || !isMember) yield lineEndOf(text.head, isMember);
  }
  if (hasOthers) onTail({ bytes: text.bytes });
}

interface UnpackedText {
  /** Bytes of text that was not packed. */
  bytes: number;
  /** The first bytes of what was unpacked. */
  head: Buffer<ArrayBuffer>;
}

async function* withHead(source: ByteSource, text: UnpackedText): AsyncGenerator<Buffer> {
  for await (const piece of source) {
    if (text.head.length < ENCODING_BYTES)
      text.head = Buffer.concat([text.head, piece.subarray(0, ENCODING_BYTES - text.head.length)]);
    yield piece;
  }
}

/** Returns what ends a line before a further member or a text, in the encoding of what was unpacked. */
function lineEndOf(head: Buffer, isMember: boolean): Buffer {
  const encoding = detectEncoding(head);
  if (encoding === "utf-8") return NEWLINE_BYTES;
  if (!isMember) throw otherEncoding();
  const lineEnd = Buffer.alloc(encoding.startsWith("utf-16") ? 2 : 4);
  lineEnd[encoding.endsWith("le") ? 0 : lineEnd.length - 1] = 0x0a;
  return lineEnd;
}

/** Skips zeros and white space. */
async function skipFiller(
  reader: ByteReader,
): Promise<{ readonly isLast: boolean; readonly bytes: number; readonly hasWhiteSpace: boolean }> {
  let bytes = 0;
  let hasWhiteSpace = false;
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
    const end = piece.findIndex((byte) => byte !== 0 && !isWhiteSpace(byte));
    const filler = end === -1 ? piece : piece.subarray(0, end);
    bytes += filler.length;
    hasWhiteSpace ||= filler.some(isWhiteSpace);
    if (end === -1) continue;
    reader.putBack(piece.subarray(end));
    return { isLast: false, bytes, hasWhiteSpace };
  }
  return { isLast: true, bytes, hasWhiteSpace };
}

function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
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

/** Bytes of the longest mark that packed data begins with. */
const LONGEST_MARK = 6;
/** Bytes of text that are looked at together. */
const BLOCK_BYTES = 4 * 1024;

/** Yields text up to the next member, or to the end. */
async function* readText(reader: ByteReader, text: UnpackedText): AsyncGenerator<Buffer> {
  for (let isFirst = true; ; isFirst = false) {
    const block = await reader.take(BLOCK_BYTES);
    const member = block.indexOf(MAGIC);
    // A mark may have been cut in two.
    const cut = block.length < BLOCK_BYTES ? block.length : block.length - (LONGEST_MARK - 1);
    const end = member === -1 ? cut : member;
    const bytes = block.subarray(0, end);
    requireText(bytes, isFirst, end === block.length || member !== -1);
    reader.putBack(block.subarray(end));
    text.bytes += bytes.length;
    yield bytes;
    if (member !== -1 || block.length < BLOCK_BYTES) return;
  }
}

/** Zeros that are padding, but for the first of a row. */
const PADDING = /(?<=[\s\0])\0+|\0+(?=\s|$)/g;
/** ASCII in UTF-16 or UTF-32. */
const WIDE = /(?:[\x20-\x7e]\0){4}|(?:[\x20-\x7e]\0{3}){4}/;
/** Control characters, of all bytes but padding, from which bytes are no text. */
const MOST_CONTROLS = 0.05;
/** ASCII, of all bytes, from which bytes that are no UTF-8 are text in another encoding of single bytes. */
const LEAST_ASCII = 0.5;

function requireText(block: Buffer, isFirst: boolean, isLast: boolean): void {
  if (isFirst && detectEncoding(block.subarray(0, ENCODING_BYTES)) !== "utf-8") throw otherEncoding();
  const characters = block.toString("latin1");
  if (WIDE.test(characters)) throw otherEncoding();
  const bytes = Buffer.from(characters.replaceAll(PADDING, ""), "latin1");
  const isControl = (byte: number) => byte < 0x20 && (byte < 0x09 || byte > 0x0d) && byte !== 0x1e;
  const controls = bytes.filter(isControl).length;
  const isPacked = OTHER_PACKINGS.some((begins) => bytes.includes(begins));
  if (isPacked || (controls > 1 && controls > bytes.length * MOST_CONTROLS)) throw neither();
  if (isUtf8Part(bytes, isFirst, isLast)) return;
  const ascii = bytes.filter((byte) => byte < 0x80 && !isControl(byte)).length;
  if (ascii < bytes.length * LEAST_ASCII) throw neither();
}

/** What other packed data begins with, and no text has. */
const OTHER_PACKINGS = [
  Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
  Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]),
  Buffer.from([0x31, 0x41, 0x59, 0x26, 0x53, 0x59]),
];

/** Reports whether bytes are UTF-8, but for characters that were cut where a block begins or ends. */
function isUtf8Part(bytes: Buffer, isFirst: boolean, isLast: boolean): boolean {
  let start = 0;
  while (!isFirst && start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  const cuts = isLast ? [0] : [0, 1, 2, 3];
  return cuts.some((cut) => isUtf8(bytes.subarray(start, Math.max(start, bytes.length - cut))));
}

function neither(): UnsupportedFormatError {
  return new UnsupportedFormatError(
    "bytes that are neither gzip data nor text follow the gzip data; send what they hold as a file of its own, and the gzip data without them",
  );
}

function otherEncoding(): UnsupportedFormatError {
  return new UnsupportedFormatError(
    "text in another encoding than UTF-8 is joined to the gzip data; send each of the two as a file of its own",
  );
}

function damaged(cause?: Error): UnreadableFileError {
  return new UnreadableFileError("the gzip data is damaged; send the file again", { cause });
}

function endsTooEarly(): UnreadableFileError {
  return new UnreadableFileError("the gzip data ends too early; send the file again whole");
}
