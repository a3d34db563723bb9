import { StagedObjectError } from "@lethe/contracts/errors";
import type { JobResult } from "@lethe/contracts/jobs";
import type { BatchManifest, BatchSummary } from "@lethe/contracts/staged-batch";
import { maskPersonRecords } from "@lethe/erasure/mask-person-records";
import type { BatchRef } from "@lethe/staging/staging";
import { type BatchInfo, lockBatch, recordLoaded } from "@lethe/warehouse/ledger/load-batch";
import { writeSchemaChanges } from "@lethe/warehouse/ledger/schema-changes";
import { quarantineRejects, resolveReplayed } from "@lethe/warehouse/ledger/stage-rejects";
import { inTransaction } from "@lethe/warehouse/pool";
import { requireSuppressionEpoch } from "@lethe/warehouse/suppressions";
import type { LoaderContext } from "./context.js";
import { addMergeRejects, createStage, findMergeRejects, type MergeReject, stageRows } from "./stage-rows.js";
import { writePublished } from "./write-published.js";

/**
 * Loads a batch: rows, quarantine, counts and the ledger's "batch loaded" commit together or not at all. Gives undefined
 * when there was nothing to load. When `signal` aborts, it is rolled back at once. Throws StaleSuppressionError,
 * StagedObjectError, TransientError.
 */
export async function loadBatch(
  context: LoaderContext,
  batch: BatchRef,
  info: BatchInfo,
  manifest: BatchManifest,
  summary: BatchSummary,
  signal: AbortSignal,
): Promise<JobResult<"load"> | undefined> {
  const startedAt = performance.now();
  const dataset = context.datasets[info.dataset];
  if (summary.segments.length !== manifest.segments.length) {
    throw new StagedObjectError(`the summary of batch ${batch.batchId} does not fit its manifest`);
  }
  if (dataset.merge.before.length > 0) {
    await inTransaction(
      context.pool,
      async (client) => {
        if (!(await lockBatch(client, batch.batchId))) return;
        await createStage(client, dataset);
        await stageRows(client, context.staging, batch, dataset, summary);
        await findMergeRejects(client, dataset);
        for (const statement of dataset.merge.before) await client.query(statement);
      },
      signal,
    );
  }
  context.onStep?.("load begins");
  return inTransaction(
    context.pool,
    async (client) => {
      if (!(await lockBatch(client, batch.batchId))) return undefined;
      await createStage(client, dataset);
      await stageRows(client, context.staging, batch, dataset, summary);
      if (dataset.fenced) await requireSuppressionEpoch(client, summary.suppressionEpoch);
      const mergeRejects = await findMergeRejects(client, dataset);
      const publishing = writePublished(context.staging, batch, summary, mergeRejects);
      const merging = (async () => {
        await client.query(
          "select set_config('lethe.policy_version', $1, true), set_config('lethe.run_id', $2, true)",
          [summary.policyVersion, batch.runId],
        );
        for (const statement of dataset.merge.apply) await client.query(statement);
        if (dataset.name === "erasure-requests") await maskPersonRecords(client, context);
        await addMergeRejects(client, context.staging, batch, dataset, manifest, mergeRejects);
        if (info.kind === "files") await quarantineRejects(client);
        else
          await resolveReplayed(
            client,
            manifest.segments.flatMap((segment) => segment.quarantineIds ?? []),
          );
      })();
      const [published] = await settled(publishing, merging);
      const segments = manifest.segments.map((segment, i) => ({
        fileId: segment.fileId,
        records: summary.segments[i]?.records ?? 0,
        rejected: (summary.segments[i]?.rejected ?? 0) + countIn(segment, mergeRejects),
        masked: summary.segments[i]?.masked ?? 0,
        publishedOffset: published[i]?.offset ?? 0,
        publishedBytes: published[i]?.bytes ?? 0,
      }));
      await writeSchemaChanges(client, batch.batchId, summary.schemaChanges);
      await recordLoaded(client, batch.batchId, {
        runId: batch.runId,
        kind: info.kind,
        segments,
        rejectedByReason: addCounts(summary.rejectedByReason, mergeRejects),
        loadMs: performance.now() - startedAt,
      });
      context.onStep?.("load about to commit");
      const records = segments.reduce((sum, segment) => sum + segment.records, 0);
      const rejected = segments.reduce((sum, segment) => sum + segment.rejected, 0);
      return { loaded: records - rejected, rejected };
    },
    signal,
  );
}

/** Waits for both to end, so that nothing still uses the connection when one has failed; then throws what failed. */
async function settled<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return Promise.all([a, b]);
}

function countIn(segment: BatchManifest["segments"][number], rejects: readonly MergeReject[]): number {
  const end = segment.firstOrdinal + segment.lineCount;
  return rejects.filter(({ ordinal }) => ordinal >= segment.firstOrdinal && ordinal < end).length;
}

function addCounts(counts: Readonly<Record<string, number>>, rejects: readonly MergeReject[]): Record<string, number> {
  const sums = { ...counts };
  for (const { reason } of rejects) sums[reason] = (sums[reason] ?? 0) + 1;
  return sums;
}
