import type { DatasetName } from "@lethe/contracts/datasets";
import { RunActiveError } from "@lethe/contracts/errors";
import type { RunKind } from "@lethe/contracts/runs";
import type { Datasets } from "@lethe/datasets/create-datasets";
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
 * Opens a run for requests that were filed while another run was active, or before a crash. A request that the API has
 * accepted must not wait for the next schedule.
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

/**
 * Opens replays for what decisions have released and no replay has taken yet: approved requests, and records that were held. A
 * decision calls it, and so does the reconciler, for when a replay was active or the process ended.
 */
export async function takeReleased(pool: Pool, runQueue: RunQueue, { all }: Datasets): Promise<void> {
  for (const { name, erasure, merge } of all) {
    const missingKeyArrived = erasure === undefined ? null : merge.missingKeyArrived;
    if (await hasReplayable(pool, name, missingKeyArrived)) await openIfNoneIs(pool, runQueue, name, "replay");
  }
}

/**
 * Enqueues the finish of closed runs with orphaned erasures, which completes them. A run leaves one behind when it fails or is
 * cancelled while the erasure waits for an older run. Pending erasures of active runs are completed by those runs.
 */
export async function resumeOrphanedErasures(pool: Pool, runQueue: RunQueue, { requests }: Datasets): Promise<void> {
  const left = (await pendingErasures(pool, requests.name)).filter(
    ({ isOrphaned, waits, isDue }) => isOrphaned && !waits && isDue,
  );
  for (const runId of new Set(left.map((erasure) => erasure.runId))) await runQueue.finish(runId);
}

async function openIfNoneIs(pool: Pool, runQueue: RunQueue, job: DatasetName, kind: RunKind): Promise<void> {
  try {
    await runQueue.start(await openRun(pool, { job, kind, trigger: "automatic" }), kind);
  } catch (error) {
    // The active run takes them, or the next round tries again.
    if (!(error instanceof RunActiveError)) throw error;
  }
}
