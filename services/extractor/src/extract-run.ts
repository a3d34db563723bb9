import { LostLockError, RunStateError } from "@lethe/contracts/errors";
import type { JobPayload, JobResult } from "@lethe/contracts/jobs";
import { completeExtraction, whileAloneExtracting } from "@lethe/warehouse/ledger/change-run";
import { requireExtraction, takeExtraction, whileChangingRun } from "@lethe/warehouse/ledger/extraction-fence";
import { readRunRequest } from "@lethe/warehouse/ledger/read-run-request";
import type { ExtractionContext, ExtractorContext } from "./context.js";
import { extractBackfill } from "./extract-backfill.js";
import { extractFiles } from "./extract-files.js";
import { extractReplay } from "./extract-replay.js";
import { returnLeft } from "./return-left.js";

const NOTHING: JobResult<"extract"> = { files: 0, batches: 0 };

/**
 * Does the job `extract`: stages a run's input as batches and enqueues them. A closed run is left alone, and the
 * extraction of a run that is cancelled meanwhile stops where it is. When the context's signal aborts, throws between
 * two batches or reads; the next delivery of the job continues there. Throws LostLockError when another process has taken the
 * extraction over: whatever goes wrong here then is no matter of the run's.
 */
export async function extractRun(
  context: ExtractorContext,
  { runId }: JobPayload<"extract">,
): Promise<JobResult<"extract">> {
  return whileAloneExtracting(context.pool, runId, context.signal, async (lost) => {
    const fence = await takeExtraction(context.pool, runId);
    if (fence === undefined) return NOTHING;
    try {
      return await extract({ ...context, fence, signal: AbortSignal.any([context.signal, lost]) });
    } catch (error) {
      if (error instanceof LostLockError || context.signal.aborted) throw error;
      await requireExtraction(context.pool, fence);
      throw error;
    }
  });
}

const EXTRACTIONS = {
  files: extractFiles,
  replay: extractReplay,
  backfill: extractBackfill,
  plan: extractReplay,
} as const;

async function extract(context: ExtractionContext): Promise<JobResult<"extract">> {
  const startedAt = performance.now();
  const { pool, fence } = context;
  const { runId } = fence;
  const run = await readRunRequest(pool, runId);
  try {
    const result = await EXTRACTIONS[run.kind](context, runId, run);
    await whileChangingRun(pool, fence, (client) => completeExtraction(client, runId, performance.now() - startedAt));
    return result;
  } catch (error) {
    if (!(error instanceof RunStateError)) throw error;
    await returnLeft(context, runId);
    return NOTHING;
  }
}
