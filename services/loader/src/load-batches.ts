import { StaleSuppressionError, TransientError } from "@lethe/contracts/errors";
import { isPending } from "@lethe/contracts/runs";
import { suppressRequested } from "@lethe/erasure/resolve-requests";
import type { Logger } from "@lethe/service-kit/logger";
import { traced } from "@lethe/service-kit/tracing";
import type { BatchRef } from "@lethe/storage/staging";
import { awaitTurn, type BatchInfo, claimNextToLoad, nextToLoad } from "@lethe/warehouse/ledger/load-batch";
import { inTransaction } from "@lethe/warehouse/pool";
import { logSuppressionChanges } from "@lethe/warehouse/proof/log-suppressions";
import type { LoaderContext } from "./context.js";
import { createStage } from "./create-stage.js";
import { type Loaded, mergeBatches } from "./merge-batches.js";
import { planBatches } from "./plan-batches.js";
import { requireAsQuarantined } from "./require-as-quarantined.js";
import { sendBackStale } from "./send-back-stale.js";
import { stagePart } from "./stage-part.js";

const NOTHING: Loaded = { batches: [], loaded: 0, rejected: 0 };

/** What was loaded of a run in a job. */
export interface LoadedOfRun extends Loaded {
  /** The batch that the run can load next, by a job of that batch. */
  readonly next: string | undefined;
}

/**
 * Loads what a run can load next, in the order of its batches: several at once where the dataset allows it, since the further
 * loading is behind, the less each row costs. Goes on until the batch itself is loaded, one that stands before it is not
 * transformed yet, or others have claimed all that can be loaded. Batches that are loaded together commit together or not at all. When
 * they fail together, each is loaded by itself, so that a batch at fault fails alone, in a job of its own. When `signal` aborts,
 * the transaction rolls back at once. Those that were masked under an older suppression list are sent back to be transformed again.
 * Throws StaleReplayError, StagedObjectError, TransientError.
 */
export async function loadBatches(
  context: LoaderContext,
  batch: BatchRef,
  info: BatchInfo,
  log: Logger,
  signal: AbortSignal,
): Promise<LoadedOfRun> {
  const rounds: Loaded[] = [];
  // One that has failed has kept others waiting, which can be loaded now.
  let isDone = !isPending(info.state);
  for (let round = 1; ; round++) {
    // Behind the transaction that has claimed some: whoever came meanwhile may have found nothing to claim.
    const next = await nextToLoad(context.pool, batch.runId);
    if (next === undefined || (isDone && round > 1)) return { ...sumOf(rounds), next };
    let outcome: Loaded | NotLoaded;
    try {
      outcome = await loadNext(context, batch, info, log, signal);
    } catch (error) {
      // What is loaded is loaded. A further job of the batch begins with what has failed.
      if (rounds.length === 0 || signal.aborted) throw error;
      log.warn({ error }, "the batches behind those that are loaded could not be; a further job tries again");
      return { ...sumOf(rounds), next: batch.batchId };
    }
    if (outcome === "busy") return { ...sumOf(rounds), next: undefined };
    if ("failed" in outcome) return { ...sumOf(rounds), next: outcome.failed };
    rounds.push(outcome);
    isDone ||= outcome.batches.some(({ batchId }) => batchId === batch.batchId);
  }
}

/** Nothing was loaded: others have claimed all that can be, or transform it again, or the next batch, which is another job's, fails by itself. */
type NotLoaded = "busy" | { readonly failed: string };

/** Loads the next batches of a run that nobody else has claimed, in one transaction. */
async function loadNext(
  context: LoaderContext,
  batch: BatchRef,
  info: BatchInfo,
  log: Logger,
  signal: AbortSignal,
  most = info.kind === "files" ? context.datasets.get(info.dataset).merge.batchesAtOnce : 1,
): Promise<Loaded | NotLoaded> {
  const { runId } = batch;
  const dataset = context.datasets.get(info.dataset);
  const next: string[] = [];
  try {
    const suppressed = dataset.erasure && (await suppressFirst(context, runId, info, next, signal));
    if (suppressed === "busy") return "busy";
    context.onStep?.("load begins");
    const load = () =>
      inTransaction(
        context.pool,
        async (client) => {
          const claimed = await claimNextToLoad(client, runId, most);
          if (claimed.length === 0) return "busy";
          next.splice(0, next.length, ...claimed);
          // Another process may have loaded it since, and then no one of the next batch is suppressed yet.
          if (dataset.erasure !== undefined && claimed[0] !== suppressed?.batchId) return undefined;
          const batches = claimed.map((batchId) => ({ runId, batchId }));
          const { kind } = info;
          return kind === "plan"
            ? planBatches(client, context, info.dataset, batches)
            : mergeBatches(client, context, { dataset: info.dataset, kind }, batches);
        },
        signal,
      );
    const merged = await traced("load transaction", { "lethe.run_id": runId, "lethe.dataset": info.dataset }, load);
    if (merged === undefined) return NOTHING;
    if (merged !== "busy" && info.kind !== "plan")
      context.onLoaded?.({ ...merged, dataset: info.dataset, kind: info.kind });
    return merged;
  } catch (error) {
    const [first] = next;
    if (first === undefined || signal.aborted || error instanceof TransientError) throw error;
    if (error instanceof StaleSuppressionError) {
      await sendBackStale(context, runId, log);
      return "busy";
    }
    if (next.length > 1) {
      log.warn({ error, batches: next.length }, "batches could not be loaded together; each is loaded by itself");
      return loadNext(context, batch, info, log, signal, 1);
    }
    if (first === batch.batchId) throw error;
    log.warn({ error, failed: first }, "the batch that comes next could not be loaded; it is left to its own job");
    return { failed: first };
  }
}

/**
 * Suppresses the people whose requests the next batch holds, in a transaction of its own that commits before the load's. Returns
 * the batch, which it puts into `next` before it begins, or that others have claimed all that can be loaded; undefined when the
 * batch's turn does not come.
 */
async function suppressFirst(
  context: LoaderContext,
  runId: string,
  info: BatchInfo,
  next: string[],
  signal: AbortSignal,
): Promise<BatchRef | "busy" | undefined> {
  const dataset = context.datasets.get(info.dataset);
  return inTransaction(
    context.pool,
    async (client) => {
      const [batchId] = await claimNextToLoad(client, runId, 1);
      if (batchId === undefined) return "busy";
      next.push(batchId);
      if (!(await awaitTurn(client, runId, [batchId]))) return undefined;
      const batch = { runId, batchId };
      await createStage(client, dataset);
      const part = await stagePart(client, context.staging, dataset, batch, 0);
      if (info.kind === "replay") await requireAsQuarantined(client, context.staging, [part]);
      await suppressRequested(client, context);
      await logSuppressionChanges(client, { runId });
      return batch;
    },
    signal,
  );
}

function sumOf(rounds: readonly Loaded[]): Loaded {
  return rounds.reduce(
    (sum, { batches, loaded, rejected }) => ({
      batches: [...sum.batches, ...batches],
      loaded: sum.loaded + loaded,
      rejected: sum.rejected + rejected,
    }),
    NOTHING,
  );
}
