import type { DatasetName } from "@lethe/contracts/datasets";
import { RunActiveError } from "@lethe/contracts/errors";
import type { RunKind } from "@lethe/contracts/runs";
import type { Datasets } from "@lethe/datasets/registry";
import { removeAbandonedRequests } from "@lethe/erasure/file-request";
import { listFiledRequests } from "@lethe/erasure/list-filed-requests";
import type { Storage } from "@lethe/storage/storage";
import { pendingErasures } from "@lethe/warehouse/erasures/erasure-work";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { hasReplayable } from "@lethe/warehouse/ledger/quarantine";
import { unseenFiles } from "@lethe/warehouse/ledger/unseen-files";
import type { Pool } from "@lethe/warehouse/pool";
import type { RunQueue } from "./run-queue.js";

/**
 * Opens a run for requests that were filed while another run was at work, or before a crash: whoever was told that
 * theirs is taken must not wait for the night's schedule.
 */
export async function takeFiledRequests(
  pool: Pool,
  runQueue: RunQueue,
  { requests }: Datasets,
  storage: Storage,
): Promise<void> {
  await removeAbandonedRequests(storage);
  const waiting = await unseenFiles(pool, requests.name, await listFiledRequests(storage, requests));
  if (waiting.length > 0) await openIfNoneIs(pool, runQueue, requests.name, "files");
}

/** Opens a replay for requests that were approved while another replay was at work, or before a crash. */
export async function takeApprovedRequests(pool: Pool, runQueue: RunQueue, { requests }: Datasets): Promise<void> {
  const { missingKeyArrived } = requests.merge;
  if (missingKeyArrived === null || !(await hasReplayable(pool, requests.name, missingKeyArrived))) return;
  await openIfNoneIs(pool, runQueue, requests.name, "replay");
}

/**
 * Asks for the finish of closed runs that have left an erasure (they failed or were cancelled, and an older run was in
 * the way): it goes on with the erasure. Those of open runs are seen to with the runs.
 */
export async function resumeOrphanedErasures(pool: Pool, runQueue: RunQueue, { requests }: Datasets): Promise<void> {
  const left = (await pendingErasures(pool, requests.name)).filter(({ isOrphaned, waits }) => isOrphaned && !waits);
  for (const runId of new Set(left.map((erasure) => erasure.runId))) await runQueue.finish(runId);
}

async function openIfNoneIs(pool: Pool, runQueue: RunQueue, job: DatasetName, kind: RunKind): Promise<void> {
  try {
    await runQueue.start(await openRun(pool, { job, kind, trigger: "automatic" }));
  } catch (error) {
    // The open one takes them, or the next round asks again.
    if (!(error instanceof RunActiveError)) throw error;
  }
}
