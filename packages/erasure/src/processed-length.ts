import type { Storage } from "@lethe/storage/storage";
import type { ProcessedLength } from "@lethe/warehouse/ledger/finish-files";

/**
 * Returns how many bytes of a processed file count. A rewrite announces the new length, puts the file in place and then
 * records it: when something came in between, the length on disk tells whether the old or the new file is there.
 */
export async function settledLength(
  storage: Storage,
  key: string,
  length: ProcessedLength | undefined,
): Promise<number> {
  if (length === undefined) return 0;
  if (length.nextBytes === null) return length.bytes;
  const size = await storage.size("processed", key);
  return size === length.nextBytes ? length.nextBytes : length.bytes;
}
