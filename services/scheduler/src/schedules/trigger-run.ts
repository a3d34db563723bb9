import { InvalidInputError, RunActiveError } from "@lethe/contracts/errors";
import type { JobPayload, JobResult } from "@lethe/contracts/jobs";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { openRun, recordSkippedRun } from "@lethe/warehouse/ledger/open-run";
import { recordFired } from "@lethe/warehouse/ledger/schedules";
import type { Pool } from "@lethe/warehouse/pool";
import type { RunQueue } from "../run-queue.js";

/** Opens and enqueues a run because its schedule fired, or records a skipped run while another one is active. */
export async function triggerRun(
  pool: Pool,
  datasets: Pick<Datasets, "has">,
  runQueue: RunQueue,
  { job }: JobPayload<"trigger">,
): Promise<JobResult<"trigger">> {
  if (!datasets.has(job)) throw new InvalidInputError("the trigger's job is none of the known jobs");
  await recordFired(pool, job);
  try {
    const runId = await openRun(pool, { job, kind: "files", trigger: "schedule" });
    await runQueue.start(runId, "files");
    return { runId, skipped: false };
  } catch (error) {
    if (!(error instanceof RunActiveError)) throw error;
    return { runId: await recordSkippedRun(pool, job, error.activeRunId), skipped: true };
  }
}
