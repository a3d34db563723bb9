import type { JobPayload, JobResult } from "@lethe/contracts/jobs";
import { enqueueRun } from "@lethe/service-kit/enqueue";
import type { Logger } from "@lethe/service-kit/logger";
import { closeRun, isAllLoaded, overtakenRuns, startFinish } from "@lethe/warehouse/ledger/change-run";
import { readRunRequest } from "@lethe/warehouse/ledger/read-run-request";
import { inTransaction } from "@lethe/warehouse/pool";
import { archiveFiles } from "./archive-files.js";
import type { LoaderContext } from "./context.js";
import { openReplays } from "./open-replays.js";
import { publishRun } from "./publish-run.js";

/**
 * Does the job `finish`: publishes what the run loaded, archives its raw files, removes what it staged and closes it.
 * A run that failed or was cancelled keeps what it staged, for a retry, until later runs have overtaken it. Every step
 * can be done again after a crash. A run with open batches is left alone: its last batch asks again.
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
  if (stage === "finishing" && (await isAllLoaded(context.pool, runId))) await context.staging.removeRun(runId);
  for (const overtaken of await overtakenRuns(context.pool, dataset)) await context.staging.removeRun(overtaken);
  const { state, replays } = await inTransaction(context.pool, async (client) => ({
    state: await closeRun(client, runId, performance.now() - startedAt),
    replays: await openReplays(client, context.datasets),
  }));
  for (const replay of replays) await enqueueRun(context.queues, replay);
  return { state };
}
