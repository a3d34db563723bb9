import type { DatasetName } from "@lethe/contracts/datasets";
import { type Partition, partitionPath } from "@lethe/contracts/partition";
import { processedLengths } from "@lethe/warehouse/ledger/finish-files";
import type { ExtractorContext } from "./context.js";

/** Reports whether a partition's file in `processed_data/` is gone, or shorter than the ledger has it. */
export async function mustRewrite(
  { pool, storage }: Pick<ExtractorContext, "pool" | "storage">,
  dataset: DatasetName,
  partition: Partition,
): Promise<boolean> {
  const key = `${partitionPath(partition)}/${dataset}.json.gz`;
  const [length] = await processedLengths(pool, dataset, [partition]);
  // While an erasure rewrites it, it may have either length.
  const least = Math.min(length?.bytes ?? 0, length?.nextBytes ?? Number.POSITIVE_INFINITY);
  return ((await storage.size("processed", key)) ?? 0) < least;
}
