import { RunStateError } from "@lethe/contracts/errors";
import type { JobPayload, JobResult } from "@lethe/contracts/jobs";
import { completeExtraction, startExtraction, whileAloneExtracting } from "@lethe/warehouse/ledger/change-run";
import { readRunRequest } from "@lethe/warehouse/ledger/read-run-request";
import type { ExtractorContext } from "./context.js";
import { extractFiles } from "./extract-files.js";
import { extractReplay } from "./extract-replay.js";
import { returnLeft } from "./return-left.js";

const NOTHING: JobResult<"extract"> = { files: 0, batches: 0 };

/**
 * Does the job `extract`: stages a run's input as batches and enqueues them. A closed run is left alone, and the
 * extraction of a run that is cancelled meanwhile stops where it is. When the context's signal aborts, throws between
 * two batches or reads; the next delivery of the job continues there.
 */
export async function extractRun(
  context: ExtractorContext,
  { runId }: JobPayload<"extract">,
): Promise<JobResult<"extract">> {
  const startedAt = performance.now();
  return whileAloneExtracting(context.pool, runId, context.signal, async () => {
    if (!(await startExtraction(context.pool, runId))) return NOTHING;
    const run = await readRunRequest(context.pool, runId);
    try {
      const result =
        run.kind === "files" ? await extractFiles(context, runId, run) : await extractReplay(context, runId, run);
      await completeExtraction(context.pool, runId, performance.now() - startedAt);
      return result;
    } catch (error) {
      if (!(error instanceof RunStateError)) throw error;
      await returnLeft(context, runId);
      return NOTHING;
    }
  });
}
