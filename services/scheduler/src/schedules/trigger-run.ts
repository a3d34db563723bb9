import { InvalidInputError, RunActiveError } from "@lethe/contracts/errors";
import type { JobPayload, JobResult } from "@lethe/contracts/jobs";
import { isActive } from "@lethe/contracts/runs";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { openRun, recordSkippedRun } from "@lethe/warehouse/ledger/open-run";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import { recordFired } from "@lethe/warehouse/ledger/schedules";
import type { Pool } from "@lethe/warehouse/pool";
import type { RunQueue } from "../run-queue.js";
import { runIdOfTrigger } from "./tick-ids.js";

/**
 * Opens and enqueues a run because its schedule fired, or records a skipped run while another one is active. The queue delivers a
 * trigger again if the scheduler dies at work on it, or if Redis has lost what was done: the trigger's id decides the run's, so a
 * tick opens one run however often it comes.
 */
export async function triggerRun(
  pool: Pool,
  datasets: Pick<Datasets, "has">,
  runQueue: RunQueue,
  { job }: JobPayload<"trigger">,
  triggerId: string,
): Promise<JobResult<"trigger">> {
  if (!datasets.has(job)) throw new InvalidInputError("the trigger's job is none of the known jobs");
  await recordFired(pool, job);
  const id = runIdOfTrigger(triggerId);
  try {
    await openRun(pool, { id, job, kind: "files", trigger: "schedule" });
  } catch (error) {
    if (!(error instanceof RunActiveError)) throw error;
    await recordSkippedRun(pool, id, job, error.activeRunId);
  }
  const { state } = await readRun(pool, id, 0);
  if (isActive(state)) await runQueue.start(id, "files");
  return { runId: id, skipped: state === "skipped" };
}
