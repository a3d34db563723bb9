import { isUtf8 } from "node:buffer";
import { createInflateRaw } from "node:zlib";
import { type ByteReader, readBytes } from "./byte-reader.js";
import type { ByteSource } from "./line-chunk.js";

/** What may stay of the names in gzip headers; the texts of all others are left out. */
export type MayStay = (name: string) => boolean;

/**
 * Yields a gzip file without the texts in its headers (the file name, the comment, the extra field), but for a name that `mayStay`.
 * Only headers change; of a file that holds several members, all of them. What is damaged is given as it is. `onText` is told of
 * each text that is left out.
 */
export async function* withoutGzipNames(
  stored: ByteSource,
  mayStay: MayStay,
  onText: (text: string) => void,
): AsyncGenerator<Buffer> {
  const reader = readBytes(stored);
  for (;;) {
    const header = await readHeader(reader);
    if (header === undefined) break;
    const { name, others, plain } = header;
    const left = [...(name === undefined || mayStay(name) ? [] : [name]), ...others];
    for (const text of left) onText(text);
    yield left.length === 0 ? header.bytes : plain;
    yield* copyDeflated(reader);
    yield await reader.take(TRAILER_BYTES);
  }
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) yield piece;
}

/**
 * Reports whether a gzip file may have texts in its headers that `mayStay` does not let stay, without unpacking it: seldom says
 * yes of a file that has none, never no of one that has some.
 */
export async function mayHaveGzipNames(stored: ByteSource, mayStay: MayStay): Promise<boolean> {
  const reader = readBytes(stored);
  const first = await readHeader(reader);
  if (first === undefined) return false;
  if (first.others.length > 0 || (first.name !== undefined && !mayStay(first.name))) return true;
  let tail = Buffer.alloc(0);
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
    const bytes = Buffer.concat([tail, piece]);
    for (let at = bytes.indexOf(MAGIC); at !== -1; at = bytes.indexOf(MAGIC, at + 1)) {
      const flags = bytes[at + MAGIC.length];
      if (flags !== undefined && (flags & HAS_TEXTS) !== 0 && (flags & RESERVED) === 0) return true;
    }
    tail = bytes.subarray(-MAGIC.length);
  }
  return false;
}

// RFC 1952, section 2.3.
const MAGIC = Buffer.from([0x1f, 0x8b, 0x08]);
const FIXED_BYTES = 10;
const TRAILER_BYTES = 8;
const FHCRC = 0x02;
const FEXTRA = 0x04;
const FNAME = 0x08;
const FCOMMENT = 0x10;
const HAS_TEXTS = FEXTRA | FNAME | FCOMMENT;
const RESERVED = 0xe0;

interface Header {
  /** All of it, as it came. */
  readonly bytes: Buffer;
  /** The header without any text. */
  readonly plain: Buffer;
  readonly name: string | undefined;
  /** The comment and the extra field. */
  readonly others: readonly string[];
}

async function readHeader(reader: ByteReader): Promise<Header | undefined> {
  const fixed = await reader.take(FIXED_BYTES);
  const flags = fixed[MAGIC.length] ?? 0;
  if (fixed.length < FIXED_BYTES || !fixed.subarray(0, MAGIC.length).equals(MAGIC)) {
    reader.putBack(fixed);
    return undefined;
  }
  const parts: Buffer[] = [fixed];
  const take = async (bytes: Promise<Buffer>) => {
    const part = await bytes;
    parts.push(part);
    return part;
  };
  const others: string[] = [];
  if ((flags & FEXTRA) !== 0) {
    const length = await take(reader.take(2));
    const extra = await take(reader.take(length.length < 2 ? 0 : length.readUInt16LE()));
    others.push(asText(extra));
  }
  const name = (flags & FNAME) === 0 ? undefined : asText(await take(reader.takeText()));
  if ((flags & FCOMMENT) !== 0) others.push(asText(await take(reader.takeText())));
  if ((flags & FHCRC) !== 0) await take(reader.take(2));
  const plain = Buffer.from(fixed);
  plain[MAGIC.length] = flags & ~(HAS_TEXTS | FHCRC);
  return { bytes: Buffer.concat(parts), plain, name, others };
}

function asText(bytes: Buffer): string {
  const text = bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes;
  return isUtf8(text) ? text.toString("utf8") : text.toString("latin1");
}

/** Yields a deflate stream as it is, up to its end, which only unpacking shows. */
async function* copyDeflated(reader: ByteReader): AsyncGenerator<Buffer> {
  const inflate = createInflateRaw();
  inflate.resume();
  const over = new Promise<boolean>((resolve) => {
    for (const event of ["end", "error", "close"]) inflate.once(event, () => resolve(true));
  });
  try {
    for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
      const before = inflate.bytesWritten;
      const bytes = piece;
      const written = new Promise<boolean>((resolve) => inflate.write(bytes, () => resolve(false)));
      const isOver = (await Promise.race([over, written])) || inflate.readableEnded || inflate.errored !== null;
      const used = inflate.bytesWritten - before;
      if (isOver || used < piece.length) {
        // Behind damage nothing can be told apart.
        const end = inflate.errored === null ? used : piece.length;
        yield piece.subarray(0, end);
        if (end < piece.length) reader.putBack(piece.subarray(end));
        if (inflate.errored === null) return;
        continue;
      }
      yield piece;
    }
  } finally {
    inflate.destroy();
  }
}
