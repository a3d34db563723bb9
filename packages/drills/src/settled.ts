import { setTimeout } from "node:timers/promises";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import type { Cluster } from "./cluster/cluster.js";

/** What a cluster still does when it should have come to rest. */
export interface Unrest {
  readonly stuck: readonly string[];
}

const STEP_MS = 50;
/** Asked twice: between a run's end and the opening of the replay that it sets off is a injection point with nothing open. */
const TIMES = 3;

/**
 * Waits until no run is open, or until `timeoutMs` are over; returns what is open then. It asks again and again and
 * listens to nothing: whatever could tell it may be what the drill has broken.
 */
export async function untilSettled(cluster: Cluster, timeoutMs: number): Promise<Unrest> {
  const deadline = performance.now() + timeoutMs;
  let settledTimes = 0;
  for (;;) {
    const open = await activeRunsOf(cluster);
    settledTimes = open !== undefined && open.length === 0 ? settledTimes + 1 : 0;
    if (settledTimes === TIMES) return { stuck: [] };
    if (performance.now() > deadline) return { stuck: open ?? ["the database does not answer"] };
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
