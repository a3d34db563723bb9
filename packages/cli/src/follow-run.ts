import { TransientError } from "@lethe/contracts/errors";
import { isActive, type RunDetail } from "@lethe/contracts/runs";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import { listenToRun } from "@lethe/warehouse/ledger/run-events";
import type { Pool } from "@lethe/warehouse/pool";
import { retryConnection } from "@lethe/warehouse/retry-connection";
import { isDatabaseUnavailable } from "@lethe/warehouse/unavailable";
import { abortable } from "./abortable.js";

/**
 * Waits for a run's end and returns the run as it then is. `onChange` gets the run at the start and at each change, without
 * its notices. A lost connection to the database is made again.
 * Throws NotFoundError, TransientError when the database stays away (the run goes on), and the signal's reason when that aborts.
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
      const run = await retryConnection(() => readRun(pool, runId, 0), signal);
      onChange(run);
      if (!isActive(run.state)) return await retryConnection(() => readRun(pool, runId), signal);
      await abortable(listener.nextChange(), signal);
    }
  } catch (error) {
    if (!(error instanceof TransientError || isDatabaseUnavailable(error))) throw error;
    throw new TransientError(`the connection to the database was lost; run ${runId} itself goes on`, { cause: error });
  } finally {
    await listener.stop();
  }
}
