import { setTimeout } from "node:timers/promises";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import type { Cluster } from "./cluster/cluster.js";

const STEP_MS = 50;
/** Asked several times in a row: after a run has ended, no run is active until the replay that it sets off is opened. */
const TIMES = 3;

/**
 * Waits until no run is active, at most `timeoutMs`. Returns what is still active then; nothing when the cluster has settled.
 * It polls rather than listens, because the drill may have broken whatever could notify it.
 */
export async function untilSettled(cluster: Cluster, timeoutMs: number): Promise<readonly string[]> {
  const deadline = performance.now() + timeoutMs;
  let settledTimes = 0;
  for (;;) {
    const open = await activeRunsOf(cluster);
    settledTimes = open !== undefined && open.length === 0 ? settledTimes + 1 : 0;
    if (settledTimes === TIMES) return [];
    if (performance.now() > deadline) return open ?? ["the database does not answer"];
    await setTimeout(STEP_MS);
  }
}

/** Returns undefined while the database does not answer. */
async function activeRunsOf(cluster: Cluster): Promise<string[] | undefined> {
  try {
    return (await readActiveRuns(cluster.pool)).map(
      ({ runId, extracted, batchIds }) => `run ${runId}, extracted: ${extracted}, open batches: ${batchIds.length}`,
    );
  } catch {
    return undefined;
  }
}
