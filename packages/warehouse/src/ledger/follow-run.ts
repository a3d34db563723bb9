import { abortable } from "@lethe/contracts/abortable";
import { TransientError } from "@lethe/contracts/errors";
import { isActive, type RunDetail } from "@lethe/contracts/runs";
import type { Pool } from "../pool.js";
import { retryConnection } from "../retry-connection.js";
import { isDatabaseUnavailable } from "../unavailable.js";
import { readRun } from "./read-runs.js";
import { listenToRun } from "./run-events.js";

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
  const listener = await retryConnection(() => listenToRun(pool, runId), signal);
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
