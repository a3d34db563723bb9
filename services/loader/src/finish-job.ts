import type { JobPayload, JobResult } from "@lethe/contracts/jobs";
import type { Logger } from "@lethe/service-kit/logger";
import { closeRun, startFinish } from "@lethe/warehouse/ledger/change-run";
import { readRunRequest } from "@lethe/warehouse/ledger/read-run-request";
import { archiveFiles } from "./archive-files.js";
import type { LoaderContext } from "./context.js";
import { publishRun } from "./publish-run.js";
import { startReplays } from "./start-replays.js";

/**
 * Does the job `finish`: publishes what the run loaded, archives its raw files, removes what it staged and closes it.
 * Every step can be done again after a crash. A run with open batches is left alone: its last batch asks again.
 */
export async function finishJob(
  context: LoaderContext,
  { runId }: JobPayload<"finish">,
  log: Logger,
): Promise<JobResult<"finish">> {
  const startedAt = performance.now();
  const stage = await startFinish(context.pool, runId);
  if (stage === undefined) return { state: "open" };
  const { dataset } = await readRunRequest(context.pool, runId);
  await publishRun(context, runId, dataset, log);
  await archiveFiles(context, runId, log);
  await context.staging.removeRun(runId);
  const state = await closeRun(context.pool, runId, performance.now() - startedAt);
  await startReplays(context);
  return { state };
}
