import { UnreadableFileError } from "@lethe/contracts/errors";
import { Decompress } from "fzstd";
import { createXXHash64 } from "hash-wasm";
import { type ByteReader, readBytes } from "./byte-reader.js";
import type { ByteSource } from "./line-chunk.js";

// RFC 8878, section 3.1.
const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const SKIPPED_MAGIC = Buffer.from([0x2a, 0x4d, 0x18]);
const CHECKSUM_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const LARGEST_BLOCK = 128 * 1024;
const RUN_LENGTH = 1;
const RESERVED = 3;

/** A decoder keeps a window of this size in memory. The format's own tool takes no larger one without being told to. */
const LARGEST_WINDOW = 128 * 1024 * 1024;

/**
 * Yields what the frames of a zstd file unpack to, one after another. Throws UnreadableFileError at a place where a frame is
 * torn, damaged or of a window that is too large. The decoder itself compares no checksum, so it is compared here.
 */
export async function* unpackZstd(stored: ByteSource): AsyncGenerator<Buffer> {
  const reader = readBytes(stored);
  for (;;) {
    const magic = await reader.take(MAGIC.length);
    if (magic.length === 0 || (magic.every((byte) => byte === 0) && (await isPadding(reader)))) return;
    if (magic.length < MAGIC.length) throw endsTooEarly();
    if (magic.equals(MAGIC)) yield* unpackFrame(reader);
    else if (isSkipped(magic)) await skipFrame(reader);
    else throw damaged();
  }
}

function isSkipped(magic: Buffer): boolean {
  return ((magic[0] ?? 0) & 0xf0) === 0x50 && magic.subarray(1).equals(SKIPPED_MAGIC);
}

async function isPadding(reader: ByteReader): Promise<boolean> {
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
    if (piece.some((byte) => byte !== 0)) return false;
  }
  return true;
}

async function skipFrame(reader: ByteReader): Promise<void> {
  let left = (await takeAll(reader, 4)).readUInt32LE();
  while (left > 0) {
    const piece = await reader.next();
    if (piece === undefined) throw endsTooEarly();
    reader.putBack(piece.subarray(left));
    left -= Math.min(left, piece.length);
  }
}

async function* unpackFrame(reader: ByteReader): AsyncGenerator<Buffer> {
  const header = await readHeader(reader);
  const sum = await createXXHash64();
  let unpacked: Buffer[] = [];
  const decoder = new Decompress((piece) => {
    sum.update(piece);
    unpacked.push(Buffer.from(piece));
  });
  const push = (bytes: Buffer, isLast: boolean) => {
    try {
      decoder.push(bytes, isLast);
    } catch (error) {
      throw damaged(error);
    }
  };
  push(Buffer.concat([MAGIC, header.bytes]), false);
  for (let isLast = false; !isLast; ) {
    const block = await takeAll(reader, BLOCK_HEADER_BYTES);
    const word = block.readUIntLE(0, BLOCK_HEADER_BYTES);
    const kind = (word >> 1) & 3;
    const size = word >> 3;
    isLast = (word & 1) === 1;
    if (kind === RESERVED || size > LARGEST_BLOCK) throw damaged();
    const content = await takeAll(reader, kind === RUN_LENGTH ? 1 : size);
    const checksum = isLast && header.hasChecksum ? await takeAll(reader, CHECKSUM_BYTES) : undefined;
    push(Buffer.concat([block, content, checksum ?? Buffer.alloc(0)]), isLast);
    yield* unpacked;
    unpacked = [];
    if (checksum !== undefined && checksum.readUInt32LE() !== lowBits(sum.digest("binary"))) throw damaged();
  }
}

/** XXH64 is given with its highest byte first; the frame has the lower half. */
function lowBits(digest: Uint8Array): number {
  return Buffer.from(digest).readUInt32BE(4);
}

async function readHeader(reader: ByteReader): Promise<{ readonly bytes: Buffer; readonly hasChecksum: boolean }> {
  const descriptor = await takeAll(reader, 1);
  const flags = descriptor[0] ?? 0;
  const isSingle = (flags & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  const window = await takeAll(reader, isSingle ? 0 : 1);
  const rest = await takeAll(reader, dictionaryBytes + sizeBytes);
  if (rest.subarray(0, dictionaryBytes).some((byte) => byte !== 0)) {
    throw new UnreadableFileError("the zstd data needs a dictionary; pack the file without one and send it again");
  }
  const size = isSingle ? sizeOf(rest.subarray(dictionaryBytes)) : windowOf(window[0] ?? 0);
  if (!isSingle && size > LARGEST_WINDOW) throw windowTooLarge();
  // In one segment the window is as large as the content, but no decoder needs more than the window that it takes.
  if (isSingle && size > LARGEST_WINDOW) throw windowTooLarge();
  return { bytes: Buffer.concat([descriptor, window, rest]), hasChecksum: (flags & 4) !== 0 };
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function sizeOf(bytes: Buffer): number {
  if (bytes.length === 8) return Number(bytes.readBigUInt64LE());
  const size = bytes.length === 0 ? 0 : bytes.readUIntLE(0, bytes.length);
  return bytes.length === 2 ? size + 256 : size;
}

async function takeAll(reader: ByteReader, count: number): Promise<Buffer> {
  const bytes = await reader.take(count);
  if (bytes.length < count) throw endsTooEarly();
  return bytes;
}

function windowTooLarge(): UnreadableFileError {
  return new UnreadableFileError(
    "the zstd data needs a window of more than 128 MiB; pack the file without --long or --ultra and send it again",
  );
}

function damaged(cause?: unknown): UnreadableFileError {
  return new UnreadableFileError("the zstd data is damaged; send the file again", { cause });
}

function endsTooEarly(): UnreadableFileError {
  return new UnreadableFileError("the zstd data ends too early; send the file again whole");
}
