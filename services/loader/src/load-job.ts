import { StagedObjectError, StaleSuppressionError } from "@lethe/contracts/errors";
import type { JobPayload, JobResult } from "@lethe/contracts/jobs";
import { BatchManifestSchema, BatchSummarySchema, STAGED } from "@lethe/contracts/staged-batch";
import { enqueueBatch, enqueueFinish, newRound } from "@lethe/service-kit/enqueue";
import type { Logger } from "@lethe/service-kit/logger";
import { readJson } from "@lethe/staging/json-object";
import { readBatch } from "@lethe/warehouse/ledger/load-batch";
import { noteDamage } from "@lethe/warehouse/ledger/restage-batch";
import type { LoaderContext } from "./context.js";
import { freeStaging } from "./free-staging.js";
import { loadBatch } from "./load-batch.js";
import { republishBatch } from "./republish-batch.js";

const NOTHING_LOADED: JobResult<"load"> = { loaded: 0, rejected: 0 };

/**
 * Does the job `load`: brings a transformed batch into the warehouse, once, however often it is delivered. A batch that
 * was masked under an older suppression list, or of which something staged is damaged, is sent back to be transformed again.
 * Once it is loaded, its room in staging is freed.
 */
export async function loadJob(
  context: LoaderContext,
  { runId, batchId }: JobPayload<"load">,
  log: Logger,
  signal: AbortSignal,
): Promise<JobResult<"load">> {
  const info = await readBatch(context.pool, batchId);
  const batch = { runId, batchId };
  let outcome: JobResult<"load"> | undefined;
  if (info.state === "staged" || info.state === "transformed") {
    if (info.restaging) return NOTHING_LOADED;
    try {
      const manifest = await readJson(context.staging, batch, STAGED.manifest, BatchManifestSchema);
      const summary = await readJson(context.staging, batch, STAGED.summary, BatchSummarySchema);
      if (info.republishing) {
        await republishBatch(context, batch, info, manifest, summary, signal);
        // The run's end was put off for it.
        await enqueueFinish(context.queues, runId, newRound());
      } else {
        outcome = await loadBatch(context, batch, info, manifest, summary, signal);
      }
    } catch (error) {
      const isDamaged = error instanceof StagedObjectError;
      if (!isDamaged && !(error instanceof StaleSuppressionError)) throw error;
      if (isDamaged && (await noteDamage(context.pool, batchId, false)) === "too often") throw error;
      log.info({ error }, "batch sent back to be transformed again");
      await enqueueBatch(context.queues, runId, batchId, newRound());
      return NOTHING_LOADED;
    }
  }
  // A delivery that loaded nothing may have found it loaded by one that could not do this any more.
  const isLoaded = outcome !== undefined || (await readBatch(context.pool, batchId)).state === "loaded";
  if (isLoaded) await freeStaging(context, batch, info.dataset, log, signal);
  return outcome ?? NOTHING_LOADED;
}
