import type { DatasetName } from "@lethe/contracts/datasets";
import { backfilledParts, dropParts, hasOtherOutput } from "@lethe/warehouse/ledger/backfill-output";
import { recordPublications } from "@lethe/warehouse/ledger/finish-files";
import { addNotice } from "@lethe/warehouse/ledger/notices";
import type { Client } from "@lethe/warehouse/pool";
import type { LoaderContext } from "./context.js";
import {
  createPartReader,
  FILES_PER_COMMIT,
  groupByPartition,
  type PartitionParts,
  type PartReader,
  type PublishOptions,
  publishInTurns,
  readParts,
} from "./publish-run.js";

interface PublishBackfillOptions extends Omit<PublishOptions, "which"> {
  /** Whether nothing more comes: what is not complete then stays unpublished. */
  readonly isLast: boolean;
}

/**
 * Writes anew the files of `processed_data/` that a backfill found gone or shortened, each whole and once the run has loaded all of its
 * partition. A file that holds what the run has not taken stays as it is, and the run says so.
 */
export async function publishBackfill(
  context: LoaderContext,
  runId: string,
  dataset: DatasetName,
  { whenBusy, isLast, signal }: PublishBackfillOptions,
): Promise<void> {
  const readPart = createPartReader(context.staging, runId);
  await publishInTurns(context, runId, dataset, { whenBusy, signal }, async (client) => {
    const which = isLast ? "all" : "complete";
    const groups = groupByPartition(await backfilledParts(client, runId, FILES_PER_COMMIT, which));
    for (const group of groups) {
      const isWhole = group.parts.every(({ isComplete }) => isComplete);
      const mayWrite = isWhole && !(await hasOtherOutput(client, runId, dataset, group.partition));
      if (mayWrite) await rewrite(client, context, dataset, group, readPart);
      else await keep(client, runId, dataset, group);
    }
    return groups.length;
  });
}

async function rewrite(
  client: Client,
  { storage }: LoaderContext,
  dataset: DatasetName,
  { partition, path, parts }: PartitionParts,
  readPart: PartReader,
): Promise<void> {
  const key = `${path}/${dataset}.json.gz`;
  const former = await storage.open("processed", key);
  try {
    const written = await storage.write("processed", key, readParts(parts, readPart), {
      ...(former !== undefined && { replaces: former }),
    });
    await written.commit();
    await recordPublications(client, dataset, [{ partition, parts, bytes: written.bytes }]);
  } finally {
    await former?.close();
  }
}

async function keep(client: Client, runId: string, dataset: DatasetName, { path, parts }: PartitionParts) {
  await addNotice(client, runId, "processed_kept", `${path}/${dataset}.json.gz`);
  await dropParts(client, parts);
}
