import type { DatasetName } from "@lethe/contracts/datasets";
import { StagedObjectError } from "@lethe/contracts/errors";
import { type Partition, partitionPath } from "@lethe/contracts/partition";
import { ofLoad } from "@lethe/contracts/staged-batch";
import { settledLength } from "@lethe/erasure/processed-length";
import type { Logger } from "@lethe/service-kit/logger";
import { inGroups } from "@lethe/storage/in-groups";
import type { Staging } from "@lethe/storage/staging";
import {
  lockPublication,
  type PartitionsToPublish,
  type Publication,
  processedLengths,
  recordPublications,
  tryLockPublication,
  type UnpublishedPart,
  unpublishedParts,
} from "@lethe/warehouse/ledger/finish-files";
import { publishedBatches, settleStagedBytes } from "@lethe/warehouse/ledger/staged-bytes";
import { type Client, inTransaction } from "@lethe/warehouse/pool";
import type { LoaderContext } from "./context.js";

/** Processed files that are written between two commits. */
export const FILES_PER_COMMIT = 128;

export interface PublishOptions {
  /** What to do while somebody else publishes files of the dataset: wait, or leave it to him or to a later time. */
  readonly whenBusy: "wait" | "leave";
  /** By default all that is loaded. */
  readonly which?: PartitionsToPublish;
  /** Rolls the commit at work back. */
  readonly signal: AbortSignal;
}

/**
 * Adds what a run has loaded so far to `processed_data/`, a file per partition, and removes it from staging. The ledger's
 * committed length of a file is where new parts go: what an interrupted publication wrote behind it is overwritten. What is
 * left to publish is asked for under the lock, so of two publishers at once each part has one.
 */
export async function publishRun(
  context: LoaderContext,
  runId: string,
  dataset: DatasetName,
  log: Logger,
  { whenBusy, which, signal }: PublishOptions,
): Promise<void> {
  await publishInTurns(context, runId, dataset, { whenBusy, signal }, async (client) => {
    const group = groupByPartition(await unpublishedParts(client, runId, FILES_PER_COMMIT, which));
    if (group.length > 0) await publishPartitions(client, context, { runId, dataset }, group, log);
    return group.length;
  });
}

/**
 * Publishes files of a dataset, FILES_PER_COMMIT of them at most in each transaction, under the lock of its publication, until there are
 * no more; then removes from staging what is published of the run. `publishSome` returns how many it has dealt with.
 */
export async function publishInTurns(
  context: LoaderContext,
  runId: string,
  dataset: DatasetName,
  { whenBusy, signal }: Pick<PublishOptions, "whenBusy" | "signal">,
  publishSome: (client: Client) => Promise<number>,
): Promise<void> {
  const lock = whenBusy === "wait" ? waitForPublication : tryLockPublication;
  let isMore = true;
  while (isMore) {
    isMore = await inTransaction(
      context.pool,
      async (client) => (await lock(client, dataset)) && (await publishSome(client)) === FILES_PER_COMMIT,
      signal,
    );
  }
  await removePublished(context, runId);
}

async function removePublished(context: LoaderContext, runId: string): Promise<void> {
  const published = await publishedBatches(context.pool, runId);
  for (const batchId of published) await context.staging.removeAllBut({ runId, batchId }, []);
  if (published.length > 0) await settleStagedBytes(context.pool, runId, published);
}

/** Parts of one partition's processed file. */
export interface PartitionParts<P extends UnpublishedPart = UnpublishedPart> {
  readonly partition: Partition;
  /** The partition's folder. */
  readonly path: string;
  readonly parts: P[];
}

/** Writes each file anew with its parts behind what counts of it, and puts it in place whole. */
async function publishPartitions(
  client: Client,
  { storage, staging }: LoaderContext,
  { runId, dataset }: { readonly runId: string; readonly dataset: DatasetName },
  group: readonly PartitionParts[],
  log: Logger,
): Promise<void> {
  const lengths = await processedLengths(
    client,
    dataset,
    group.map(({ partition }) => partition),
  );
  const readPart = createPartReader(staging, runId);
  const publications: Publication[] = await inGroups(group, async ({ partition, path, parts }, i) => {
    const key = `${path}/${dataset}.json.gz`;
    const length = await settledLength(storage, key, lengths[i]);
    const written = await storage.write("processed", key, readParts(parts, readPart), { after: length });
    const added = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    if (written.bytes < length + added) log.warn({ path: key, length }, "a processed file was shortened from outside");
    await written.commit();
    return { partition, parts, bytes: written.bytes };
  });
  await recordPublications(client, dataset, publications);
}

/** Reads the output that a part is. */
export type PartReader = (part: UnpublishedPart) => Promise<Buffer>;

/** Yields the output of parts. */
export async function* readParts(parts: readonly UnpublishedPart[], readPart: PartReader): AsyncGenerator<Buffer> {
  for (const part of parts) yield await readPart(part);
}

/** Waits for the lock of a dataset's publication, and takes it until the transaction ends. */
async function waitForPublication(client: Client, dataset: DatasetName): Promise<true> {
  await lockPublication(client, dataset);
  return true;
}

/** Batches whose output is held in memory: small files' parts come from few batches again and again. */
const BATCHES_HELD = 8;

/** Creates a reader of parts. A batch's output is read whole, so that damage in it is noticed. */
export function createPartReader(staging: Staging, runId: string): PartReader {
  const held = new Map<string, Promise<Buffer>>();
  return async ({ batchId, output: attempt, offset, bytes }) => {
    const name = ofLoad(attempt);
    const reading = held.get(batchId) ?? staging.read({ runId, batchId }, name);
    // The one that was used last goes last.
    held.delete(batchId);
    held.set(batchId, reading);
    const [oldest] = held.keys();
    if (held.size > BATCHES_HELD && oldest !== undefined) held.delete(oldest);
    const output = await reading;
    if (offset + bytes > output.length) {
      throw new StagedObjectError(`${name} of batch ${batchId} is shorter than the ledger says`);
    }
    return output.subarray(offset, offset + bytes);
  };
}

/** Puts parts that follow each other by partition into groups. */
export function groupByPartition<P extends UnpublishedPart>(parts: readonly P[]): PartitionParts<P>[] {
  const groups: PartitionParts<P>[] = [];
  for (const part of parts) {
    const path = partitionPath(part.partition);
    const last = groups.at(-1);
    if (last?.path === path) last.parts.push(part);
    else groups.push({ partition: part.partition, path, parts: [part] });
  }
  return groups;
}
