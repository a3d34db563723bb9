import type { DatasetName } from "@lethe/contracts/datasets";
import { partitionPath } from "@lethe/contracts/partition";
import type { LandedFile } from "@lethe/landing/scan-landing";
import { contentHashes, deliveryHashes } from "@lethe/privacy/content-hash";
import { knownDeliveries } from "@lethe/warehouse/ledger/claim-files";
import type { ExtractorContext } from "./context.js";

/** The keyed hashes by which the ledger knows a file. */
export interface LedgerHashes {
  /** Of its content. */
  readonly sha256: Buffer;
  /** Of its content, under each key that there is. */
  readonly contents: readonly Buffer[];
  /** Of its dataset, partition, name and content. */
  readonly delivery: Buffer;
}

/**
 * Returns the keyed hashes by which the ledger knows a file, given its content's SHA-256. A delivery that came under an older
 * key keeps the hashes of that key, so that it is known after a rotation too.
 */
export async function ledgerHashes(
  { pool, ring }: Pick<ExtractorContext, "pool" | "ring">,
  dataset: DatasetName,
  { path, partition }: LandedFile,
  sha256: Buffer,
): Promise<LedgerHashes> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const contents = contentHashes(ring, sha256);
  const deliveries = deliveryHashes(ring, { dataset, partition: partitionPath(partition), name }, sha256);
  const [known] = deliveries.length === 1 ? [] : await knownDeliveries(pool, dataset, deliveries);
  const i = known === undefined ? 0 : deliveries.findIndex((hash) => hash.equals(known));
  return { sha256: contents[i] ?? sha256, contents, delivery: deliveries[i] ?? sha256 };
}
