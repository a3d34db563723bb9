import { TransientError } from "@lethe/contracts/errors";
import { suppressRequested } from "@lethe/erasure/resolve-requests";
import type { Logger } from "@lethe/service-kit/logger";
import type { BatchRef } from "@lethe/storage/staging";
import { type BatchInfo, lockBatch, lockWaitingBatches } from "@lethe/warehouse/ledger/load-batch";
import { inTransaction } from "@lethe/warehouse/pool";
import { logSuppressionChanges } from "@lethe/warehouse/proof/log-suppressions";
import type { LoaderContext } from "./context.js";
import { createStage } from "./create-stage.js";
import { type Loaded, mergeBatches } from "./merge-batches.js";
import { stagePart } from "./stage-part.js";

const NOTHING: Loaded = { batches: [], loaded: 0, rejected: 0 };

/**
 * Loads a batch and, where the dataset allows it, other batches of its run that wait: the further loading is behind, the
 * more is merged at once, and the less each row costs. Batches that are loaded together commit together or not at all. When
 * they fail together, each is left to its own job, so that a batch at fault fails alone. Returns what was loaded, which is
 * nothing when another delivery has loaded the batch. When `signal` aborts, the transaction rolls back at once. Throws
 * StaleSuppressionError, StagedObjectError, TransientError.
 */
export async function loadBatches(
  context: LoaderContext,
  batch: BatchRef,
  info: BatchInfo,
  log: Logger,
  signal: AbortSignal,
): Promise<Loaded> {
  const { merge, erasure } = context.datasets.get(info.dataset);
  if (erasure !== undefined) await suppressFirst(context, batch, info, signal);
  context.onStep?.("load begins");
  const mayLoadTogether = info.kind === "files" && merge.batchesAtOnce > 1;
  const together = mayLoadTogether ? await loadTogether(context, batch, info, log, signal) : NOTHING;
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

/** Loads the waiting batches that no other process works on. The batch itself is not among them when another has it. */
async function loadTogether(
  context: LoaderContext,
  batch: BatchRef,
  info: BatchInfo,
  log: Logger,
  signal: AbortSignal,
): Promise<Loaded> {
  const most = context.datasets.get(info.dataset).merge.batchesAtOnce;
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

/** Suppresses the people whose requests a batch holds, in a transaction of its own that commits before the load's. */
async function suppressFirst(
  context: LoaderContext,
  batch: BatchRef,
  info: BatchInfo,
  signal: AbortSignal,
): Promise<void> {
  const dataset = context.datasets.get(info.dataset);
  await inTransaction(
    context.pool,
    async (client) => {
      if (!(await lockBatch(client, batch.batchId))) return;
      await createStage(client, dataset);
      await stagePart(client, context.staging, dataset, batch, 0);
      await suppressRequested(client, context);
      await logSuppressionChanges(client, { runId: batch.runId });
    },
    signal,
  );
}
