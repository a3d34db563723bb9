import type { DatasetName } from "@lethe/contracts/datasets";
import { contentHashes } from "@lethe/privacy/content-hash";
import { knownContents } from "@lethe/warehouse/ledger/claim-files";
import type { ExtractorContext } from "./context.js";

/**
 * Returns the keyed hash by which the ledger knows a file's content, given the content's SHA-256. Content that came under an
 * older key keeps the hash of that key, so that it is known after a rotation too.
 */
export async function ledgerHash(
  { pool, ring }: Pick<ExtractorContext, "pool" | "ring">,
  dataset: DatasetName,
  sha256: Buffer,
): Promise<Buffer> {
  const [current = sha256, ...older] = contentHashes(ring, sha256);
  if (older.length === 0) return current;
  const [known] = await knownContents(pool, dataset, [current, ...older]);
  return known ?? current;
}
