import { StagedObjectError, StaleSuppressionError } from "@lethe/contracts/errors";
import type { JobPayload, JobResult } from "@lethe/contracts/jobs";
import { BatchManifestSchema, BatchSummarySchema, STAGED } from "@lethe/contracts/staged-batch";
import { enqueueBatch } from "@lethe/service-kit/enqueue";
import type { Logger } from "@lethe/service-kit/logger";
import { readJson } from "@lethe/staging/json-object";
import { readBatch } from "@lethe/warehouse/ledger/load-batch";
import type { LoaderContext } from "./context.js";
import { loadBatch } from "./load-batch.js";

const NOTHING_LOADED: JobResult<"load"> = { loaded: 0, rejected: 0 };

/**
 * Does the job `load`: brings a transformed batch into the warehouse, once, however often it is delivered. A batch that
 * was masked under an older suppression list, or whose transformed form is damaged, is sent back to be transformed again.
 */
export async function loadJob(
  context: LoaderContext,
  { runId, batchId }: JobPayload<"load">,
  log: Logger,
  signal: AbortSignal,
): Promise<JobResult<"load">> {
  const info = await readBatch(context.pool, batchId);
  if (info.state !== "staged" && info.state !== "transformed") return NOTHING_LOADED;
  const batch = { runId, batchId };
  try {
    const manifest = await readJson(context.staging, batch, STAGED.manifest, BatchManifestSchema);
    const summary = await readJson(context.staging, batch, STAGED.summary, BatchSummarySchema);
    const outcome = await loadBatch(context, batch, info, manifest, summary, signal);
    return outcome ?? NOTHING_LOADED;
  } catch (error) {
    if (!(error instanceof StaleSuppressionError) && !(error instanceof StagedObjectError)) throw error;
    log.info({ error }, "batch sent back to be transformed again");
    await enqueueBatch(context.queues, runId, batchId, `-again-${Date.now()}`);
    return NOTHING_LOADED;
  }
}
