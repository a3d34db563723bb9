import { createReadStream, createWriteStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { READ_BYTES, unpackedBytes } from "@lethe/input-files/file-source";
import type { InputFormat } from "@lethe/input-files/input-format";
import type { Rewrite } from "@lethe/input-files/rewrite";
import { rewriteRecords } from "@lethe/input-files/rewrite-records";
import { salvagedBytes } from "@lethe/input-files/salvaged-bytes";
import { firstBytes } from "@lethe/input-files/unpack-limit";

/**
 * Records longer than this are looked through in pieces, each as a line that is no record. No file that was taken in has
 * one: it is twice the most that LETHE_MAX_RECORD_BYTES can be, since cleaning may lengthen a record.
 */
export const MAX_RECORD_BYTES = 32 * 1024 * 1024;

export interface RewrittenFile {
  /** A file beside the original, whole and on disk, that waits to take its place. */
  readonly temporary: string;
  readonly bytes: number;
}

/**
 * Writes a copy of a file with its records rewritten, packed again if the file was. `firstBytes` takes only so much of
 * the original as it lies on disk; `salvage` takes what can still be read of a torn file, and of that only so many bytes.
 * The original is not touched.
 */
export async function writeRewritten(
  path: string,
  format: InputFormat,
  rewrite: Rewrite,
  options: { readonly firstBytes?: number; readonly salvage?: number } = {},
): Promise<RewrittenFile> {
  const temporary = `${path}.erasing.tmp`;
  try {
    return { temporary, bytes: await write(temporary, path, format, rewrite, options) };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function write(
  temporary: string,
  path: string,
  format: InputFormat,
  rewrite: Rewrite,
  options: { readonly firstBytes?: number; readonly salvage?: number },
): Promise<number> {
  const end = options.firstBytes === undefined ? {} : { end: options.firstBytes - 1 };
  const stored = createReadStream(path, { highWaterMark: READ_BYTES, ...end });
  const unpacked =
    options.salvage === undefined
      ? unpackedBytes(stored, format.gzip)
      : firstBytes(salvagedBytes(stored, format.gzip), options.salvage);
  const rewritten = Readable.from(rewriteRecords(unpacked, format.shape, rewrite, MAX_RECORD_BYTES));
  if (format.gzip) await pipeline(rewritten, createGzip(), createWriteStream(temporary));
  else await pipeline(rewritten, createWriteStream(temporary));
  const file = await open(temporary, "r+");
  try {
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

/** Puts a rewritten copy in the original's place: readers see the one or the other, whole. */
export async function putInPlace(path: string, rewritten: RewrittenFile): Promise<void> {
  await rename(rewritten.temporary, path);
}

/** Removes a rewritten copy that is not wanted. */
export async function discard(rewritten: RewrittenFile): Promise<void> {
  await rm(rewritten.temporary, { force: true });
}

/** Reports whether a file is there that was meant to be rewritten. */
export async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path, "r")).close();
    return true;
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) return false;
    throw error;
  }
}
