import { TransientError } from "@lethe/contracts/errors";
import type { Logger } from "@lethe/service-kit/logger";
import type { BatchRef } from "@lethe/storage/staging";
import { type BatchInfo, lockBatch, lockWaitingBatches } from "@lethe/warehouse/ledger/load-batch";
import { inTransaction } from "@lethe/warehouse/pool";
import type { LoaderContext } from "./context.js";
import { type Loaded, mergeBatches } from "./merge-batches.js";
import { stagePart } from "./stage-part.js";
import { createStage, findMergeRejects } from "./stage-rows.js";

const NOTHING: Loaded = { batches: [], loaded: 0, rejected: 0 };

/**
 * Loads a batch, and with it others of its run that wait meanwhile, where the dataset allows it: the further loading is
 * behind, the more is merged at once, and the less each row costs. What is loaded together commits together or not at all;
 * batches that cannot be loaded together are left to their own jobs, so that one that is at fault fails alone. Returns what
 * was loaded, which is nothing if somebody else has loaded it. When `signal` aborts, it is rolled back at once. Throws
 * StaleSuppressionError, StagedObjectError, TransientError.
 */
export async function loadBatches(
  context: LoaderContext,
  batch: BatchRef,
  info: BatchInfo,
  log: Logger,
  signal: AbortSignal,
): Promise<Loaded> {
  const { merge } = context.datasets[info.dataset];
  if (merge.before.length > 0) await prepare(context, batch, info, signal);
  context.onStep?.("load begins");
  const most = info.kind === "files" ? merge.batchesAtOnce : 1;
  const together = most > 1 ? await loadTogether(context, batch, info, most, log, signal) : NOTHING;
  if (together.batches.some(({ batchId }) => batchId === batch.batchId)) return together;
  const alone = await inTransaction(
    context.pool,
    async (client) =>
      (await lockBatch(client, batch.batchId)) ? mergeBatches(client, context, info, [batch]) : NOTHING,
    signal,
  );
  return {
    batches: [...together.batches, ...alone.batches],
    loaded: together.loaded + alone.loaded,
    rejected: together.rejected + alone.rejected,
  };
}

/** Loads what waits and is not at work elsewhere. That may be without the batch itself: somebody else has it then. */
async function loadTogether(
  context: LoaderContext,
  batch: BatchRef,
  info: BatchInfo,
  most: number,
  log: Logger,
  signal: AbortSignal,
): Promise<Loaded> {
  let waiting: readonly string[] = [];
  try {
    return await inTransaction(
      context.pool,
      async (client) => {
        waiting = await lockWaitingBatches(client, batch.runId, batch.batchId, most);
        if (waiting.length === 0) return NOTHING;
        const batches = waiting.map((batchId) => ({ runId: batch.runId, batchId }));
        return mergeBatches(client, context, info, batches);
      },
      signal,
    );
  } catch (error) {
    const isAlone = waiting.length === 1 && waiting[0] === batch.batchId;
    if (isAlone || signal.aborted || error instanceof TransientError) throw error;
    log.warn({ error, batches: waiting.length }, "batches could not be loaded together; each is loaded by itself");
    return NOTHING;
  }
}

/** Does what has to be committed before the rows come in. */
async function prepare(context: LoaderContext, batch: BatchRef, info: BatchInfo, signal: AbortSignal): Promise<void> {
  const dataset = context.datasets[info.dataset];
  await inTransaction(
    context.pool,
    async (client) => {
      if (!(await lockBatch(client, batch.batchId))) return;
      await createStage(client, dataset);
      await stagePart(client, context.staging, dataset, batch, 0);
      await findMergeRejects(client, dataset);
      for (const statement of dataset.merge.before) await client.query(statement);
    },
    signal,
  );
}
