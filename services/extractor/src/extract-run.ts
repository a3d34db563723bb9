import type { JobPayload, JobResult } from "@lethe/contracts/jobs";
import { completeExtraction, startExtraction } from "@lethe/warehouse/ledger/change-run";
import { readRunRequest } from "@lethe/warehouse/ledger/read-run-request";
import type { ExtractorContext } from "./context.js";
import { extractFiles } from "./extract-files.js";
import { extractReplay } from "./extract-replay.js";

/** Does the job `extract`: stages a run's input as batches and enqueues them. A run that is closed is left alone. */
export async function extractRun(
  context: ExtractorContext,
  { runId }: JobPayload<"extract">,
): Promise<JobResult<"extract">> {
  const startedAt = performance.now();
  if (!(await startExtraction(context.pool, runId))) return { files: 0, batches: 0 };
  const run = await readRunRequest(context.pool, runId);
  const result =
    run.kind === "files" ? await extractFiles(context, runId, run) : await extractReplay(context, runId, run);
  await completeExtraction(context.pool, runId, performance.now() - startedAt);
  return result;
}
