import { StagedObjectError, StaleReplayError } from "@lethe/contracts/errors";
import type { JobPayload, JobResult } from "@lethe/contracts/jobs";
import { isActive, isPending } from "@lethe/contracts/runs";
import { enqueueBatch, enqueueFinish, enqueueLoad, enqueueRestage, newRound } from "@lethe/service-kit/enqueue";
import type { Logger } from "@lethe/service-kit/logger";
import type { BatchRef } from "@lethe/storage/staging";
import { nextToLoad, readBatch } from "@lethe/warehouse/ledger/load-batch";
import { noteDamage } from "@lethe/warehouse/ledger/restage-batch";
import { requireNotRolledBack } from "@lethe/warehouse/proof/known-checkpoints";
import type { LoaderContext } from "./context.js";
import { freeStaging } from "./free-staging.js";
import { loadBatches } from "./load-batches.js";
import { republishBatch } from "./republish-batch.js";

const NOTHING_LOADED: JobResult<"load"> = { loaded: 0, rejected: 0 };

/**
 * Does the job `load`: loads what the batch's run can load next, the batch itself with it once those before it are loaded, each
 * batch once however often the job is delivered. A batch that was masked under an older suppression list, or that is damaged in
 * staging, is sent back to be transformed again, and a replay of what an erasure has masked meanwhile to be staged again. What can
 * be loaded behind it is left to further jobs. Frees the staging space of what was loaded. Throws DatabaseRolledBackError.
 */
export async function loadJob(
  context: LoaderContext,
  { runId, batchId }: JobPayload<"load">,
  log: Logger,
  signal: AbortSignal,
): Promise<JobResult<"load">> {
  const { pool, queues } = context;
  const batch = { runId, batchId };
  const info = await readBatch(pool, batchId);
  let outcome = NOTHING_LOADED;
  const ended: BatchRef[] = [];
  let isIdle = false;
  if (isPending(info.state) || (isActive(info.runState) && (await nextToLoad(pool, runId)) !== undefined)) {
    if (info.restaging) return NOTHING_LOADED;
    if (context.signing !== undefined) await requireNotRolledBack(pool, context.signing.stores);
    try {
      if (isPending(info.state) && info.republishing) {
        await republishBatch(context, batch, info, signal);
        // The run's finish has waited for it.
        await enqueueFinish(queues, runId, newRound());
      } else if (info.state === "staged") {
        // Its run was reopened: this job is left from before, and its transformation is not.
        await enqueueBatch(queues, runId, batchId, newRound());
      }
      const { batches, loaded, rejected, next } = await loadBatches(context, batch, info, log, signal);
      if (next !== undefined) await enqueueLoad(queues, runId, next);
      isIdle = next === undefined && info.kind === "files";
      ended.push(...batches);
      outcome = { loaded, rejected };
    } catch (error) {
      if (error instanceof StaleReplayError) {
        log.info({ error }, "batch sent back to be taken from quarantine again");
        if ((await noteDamage(pool, batchId, true)) === "too often") throw error;
        await enqueueRestage(queues, runId, batchId);
        return NOTHING_LOADED;
      }
      if (!(error instanceof StagedObjectError)) throw error;
      if ((await noteDamage(pool, batchId, false)) === "too often") throw error;
      log.info({ error }, "batch sent back to be transformed again");
      await enqueueBatch(queues, runId, batchId, newRound());
      return NOTHING_LOADED;
    }
  }
  // Another delivery may have loaded it and ended before it could free the space.
  const isOwnLoaded = ended.some(({ batchId: id }) => id === batchId);
  if (!isOwnLoaded && (await readBatch(pool, batchId)).state === "loaded") ended.push(batch);
  if (ended.length > 0)
    await freeStaging(context, { runId, dataset: info.dataset, kind: info.kind }, ended, isIdle, log, signal);
  return outcome;
}
