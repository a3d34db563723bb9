import { TransientError } from "@lethe/contracts/errors";
import { isActive, type RunDetail } from "@lethe/contracts/runs";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import { listenToRun, type RunListener } from "@lethe/warehouse/ledger/run-events";
import type { Pool } from "@lethe/warehouse/pool";
import { abortable } from "./abortable.js";

/**
 * Waits for a run's end and returns the run as it then is. `onChange` gets the run at the start and at each change, without
 * its notices.
 * Throws NotFoundError, TransientError when the database is lost (the run goes on), and the signal's reason when that aborts.
 */
export async function followRun(
  pool: Pool,
  runId: string,
  onChange: (run: RunDetail) => void,
  signal?: AbortSignal,
): Promise<RunDetail> {
  signal?.throwIfAborted();
  // Listening comes before reading, so that no change falls between the two.
  const listener = await listenToRun(pool, runId);
  try {
    for (;;) {
      const run = await readRun(pool, runId, 0);
      onChange(run);
      if (!isActive(run.state)) return await readRun(pool, runId);
      await abortable(nextChange(listener, runId), signal);
    }
  } finally {
    await listener.stop();
  }
}

async function nextChange(listener: RunListener, runId: string): Promise<void> {
  try {
    await listener.nextChange();
  } catch (error) {
    throw new TransientError(`the connection to the database was lost; run ${runId} itself goes on`, { cause: error });
  }
}
