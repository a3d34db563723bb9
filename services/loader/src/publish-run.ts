import { mkdir, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DatasetName } from "@lethe/contracts/datasets";
import { type Partition, partitionPath } from "@lethe/contracts/partition";
import { STAGED } from "@lethe/contracts/staged-batch";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { settledLength } from "@lethe/erasure/processed-length";
import type { Logger } from "@lethe/service-kit/logger";
import {
  lockPublication,
  type ProcessedLength,
  type Publication,
  processedLengths,
  recordPublications,
  type UnpublishedPart,
  unpublishedParts,
} from "@lethe/warehouse/ledger/finish-files";
import { inTransaction } from "@lethe/warehouse/pool";
import type { LoaderContext } from "./context.js";

/** Processed files that are written between two commits, and at once. */
const FILES_PER_COMMIT = 128;
const FILES_AT_ONCE = 8;

/**
 * Adds what a run has loaded to `processed_data/`, a file per partition. The ledger's committed length of a file is where
 * new parts go: what an interrupted publication wrote behind it is overwritten, so a part is never there twice.
 */
export async function publishRun(
  context: LoaderContext,
  runId: string,
  dataset: DatasetName,
  log: Logger,
): Promise<void> {
  const partitions = groupByPartition(await unpublishedParts(context.pool, runId));
  for (let i = 0; i < partitions.length; i += FILES_PER_COMMIT) {
    const group = partitions.slice(i, i + FILES_PER_COMMIT);
    await inTransaction(context.pool, async (client) => {
      await lockPublication(client, dataset);
      const lengths = await processedLengths(
        client,
        dataset,
        group.map(({ partition }) => partition),
      );
      const publications: Publication[] = [];
      for (let j = 0; j < group.length; j += FILES_AT_ONCE) {
        const written = group.slice(j, j + FILES_AT_ONCE).map(async ({ partition, parts }, k) => ({
          partition,
          parts,
          bytes: await appendParts(context, runId, dataset, partition, lengths[j + k], parts, log),
        }));
        publications.push(...(await Promise.all(written)));
      }
      await recordPublications(client, dataset, publications);
    });
  }
}

function groupByPartition(parts: readonly UnpublishedPart[]) {
  const groups: { partition: Partition; path: string; parts: UnpublishedPart[] }[] = [];
  for (const part of parts) {
    const path = partitionPath(part.partition);
    const last = groups.at(-1);
    if (last?.path === path) last.parts.push(part);
    else groups.push({ partition: part.partition, path, parts: [part] });
  }
  return groups;
}

/** Writes the file anew with the parts behind what counts of it, and puts it in place whole. Gives its length. */
async function appendParts(
  context: LoaderContext,
  runId: string,
  dataset: DatasetName,
  partition: Partition,
  recorded: ProcessedLength | undefined,
  parts: readonly UnpublishedPart[],
  log: Logger,
): Promise<number> {
  const path = join(context.processed, partitionPath(partition), `${dataset}.json.gz`);
  const temporary = `${path}.${runId}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  const length = await settledLength(path, recorded);
  const file = await open(temporary, "w");
  let bytes = 0;
  try {
    const before = length === 0 ? Buffer.alloc(0) : await firstBytes(path, length);
    if (before.length < length) log.warn({ path, length }, "a processed file was shortened from outside");
    await file.appendFile(before);
    bytes += before.length;
    for (const part of parts) {
      const batch = { runId, batchId: part.batchId };
      await file.appendFile(await context.staging.readRange(batch, STAGED.published, part.offset, part.bytes));
      bytes += part.bytes;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  return bytes;
}

async function firstBytes(path: string, length: number): Promise<Buffer> {
  try {
    const file = await open(path, "r");
    try {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await file.read(buffer, 0, length, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) return Buffer.alloc(0);
    throw error;
  }
}
