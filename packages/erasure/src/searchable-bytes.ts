import { UnreadableFileError } from "@lethe/contracts/errors";
import { unpackedBytes } from "@lethe/input-files/file-source";
import type { InputFormat } from "@lethe/input-files/input-format";
import { ALWAYS_UNPACKED_BYTES, ratioLimit } from "@lethe/input-files/unpack-limit";
import type { OpenFile } from "@lethe/storage/storage";

/**
 * Returns how many bytes of a file in quarantine, once unpacked, are looked through for people: all of them, unless they
 * are more than `maxUnpackRatio` times those on disk. Of such a file it is its first 16 MiB: to unpack all of it again and
 * again is what it was made for. What cannot be searched cannot be kept either, so an erasure cuts the file there.
 */
export async function searchableBytes(file: OpenFile, format: InputFormat, maxUnpackRatio: number): Promise<number> {
  if (!format.gzip) return Number.POSITIVE_INFINITY;
  const limit = ratioLimit(file.size, maxUnpackRatio);
  let bytes = 0;
  try {
    for await (const piece of unpackedBytes(file.bytes(), true)) {
      bytes += piece.length;
      if (bytes > limit) return ALWAYS_UNPACKED_BYTES;
    }
  } catch (error) {
    // That it is torn or damaged is known.
    if (!(error instanceof UnreadableFileError)) throw error;
  }
  return Number.POSITIVE_INFINITY;
}
