import { pipeline } from "node:stream";
import { createGzip } from "node:zlib";
import { unpackedBytes } from "@lethe/input-files/file-source";
import type { InputFormat } from "@lethe/input-files/input-format";
import type { ByteSource } from "@lethe/input-files/line-chunk";
import type { Rewrite } from "@lethe/input-files/rewrite";
import { rewriteRecords } from "@lethe/input-files/rewrite-records";
import { salvagedBytes } from "@lethe/input-files/salvaged-bytes";
import { firstBytes } from "@lethe/input-files/unpack-limit";

/**
 * Records longer than this are looked through in pieces, each as a line that is no record. No file that was taken in has
 * one: it is twice the most that LETHE_MAX_RECORD_BYTES can be, since cleaning may lengthen a record.
 */
export const MAX_RECORD_BYTES = 32 * 1024 * 1024;

/**
 * Yields a file's bytes with its records rewritten, compressed again if the file was compressed. For a damaged file,
 * `salvage` is the number of unpacked bytes to keep: only what can be unpacked, up to that number, is rewritten. Pass
 * undefined for an intact file.
 */
export function rewriteFile(
  stored: ByteSource,
  format: InputFormat,
  rewrite: Rewrite,
  salvage: number | undefined,
): AsyncIterable<Buffer> {
  const unpacked =
    salvage === undefined
      ? unpackedBytes(stored, format.gzip)
      : firstBytes(salvagedBytes(stored, format.gzip), salvage);
  const rewritten = rewriteRecords(unpacked, format.shape, rewrite, MAX_RECORD_BYTES);
  return format.gzip ? packed(rewritten) : rewritten;
}

async function* packed(source: ByteSource): AsyncGenerator<Buffer> {
  const gzip = createGzip();
  // What fails ends `gzip` with its error, and so is thrown here.
  pipeline(source, gzip, () => undefined);
  yield* gzip;
}
