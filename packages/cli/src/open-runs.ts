import { RunActiveError } from "@lethe/contracts/errors";
import type { RunDetail } from "@lethe/contracts/runs";
import { enqueueActiveRuns, enqueueReopened, enqueueRun, newRound } from "@lethe/service-kit/enqueue";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { openRun, type RunRequest } from "@lethe/warehouse/ledger/open-run";
import type { Connections } from "./connections.js";

/** Opens a run and enqueues it; returns its id. Throws RunActiveError. */
export async function openAndEnqueue({ pool, queues }: Connections, request: RunRequest): Promise<string> {
  const runId = await openRun(pool, request);
  await enqueueRun(queues, runId, request.kind);
  return runId;
}

/**
 * Opens a run by `open` and follows it to its end. When the job already has an active run, that one is followed first: it may
 * have started before the input that the caller means was there. `follow` waits for a run's end.
 */
export async function runToEnd(
  open: () => Promise<string>,
  follow: (runId: string) => Promise<RunDetail>,
): Promise<RunDetail> {
  for (;;) {
    try {
      return await follow(await open());
    } catch (error) {
      if (!(error instanceof RunActiveError)) throw error;
      await follow(error.activeRunId);
    }
  }
}

/** Enqueues the work of a run that was opened again. */
export async function enqueueOpenedAgain({ pool, queues }: Connections, runId: string): Promise<void> {
  const run = (await readActiveRuns(pool)).find((open) => open.runId === runId);
  if (run !== undefined) await enqueueReopened(queues, run, newRound());
}

/** Enqueues again what the ledger holds open and Redis has lost, as the scheduler does; it may not be running. */
export async function restoreActiveRuns({ pool, queues }: Connections): Promise<void> {
  await enqueueActiveRuns(queues, await readActiveRuns(pool));
}
