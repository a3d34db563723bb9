import type { DatasetName } from "@lethe/contracts/datasets";
import { type Partition, partitionPath } from "@lethe/contracts/partition";
import type { InputFormat } from "./input-format.js";

/**
 * Returns where Lethe keeps a raw file, below the archive or the quarantine. The name is made of the file's number in the
 * ledger: a name from outside may hold anything about anybody.
 */
export function keptPathOf(
  dataset: DatasetName,
  fileId: number,
  partition: Partition,
  { shape, gzip }: InputFormat,
): string {
  return `${partitionPath(partition)}/${dataset}.${fileId}.${shape}${gzip ? ".gz" : ""}`;
}
