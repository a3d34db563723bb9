import { setTimeout } from "node:timers/promises";
import { openWork } from "@lethe/warehouse/ledger/open-work";
import type { Site } from "./site/site.js";

/** What a site still does when it should have come to rest. */
export interface Unrest {
  readonly stuck: readonly string[];
}

const STEP_MS = 50;
/** Asked twice: between a run's end and the opening of the replay that it sets off is a moment with nothing open. */
const TIMES = 3;

/**
 * Waits until no run is open, or until `patienceMs` are over; gives what is open then. It asks again and again and
 * listens to nothing: whatever could tell it may be what the drill has broken.
 */
export async function untilQuiet(site: Site, patienceMs: number): Promise<Unrest> {
  const deadline = performance.now() + patienceMs;
  let quietTimes = 0;
  for (;;) {
    const open = await openRunsOf(site);
    quietTimes = open !== undefined && open.length === 0 ? quietTimes + 1 : 0;
    if (quietTimes === TIMES) return { stuck: [] };
    if (performance.now() > deadline) return { stuck: open ?? ["the database does not answer"] };
    await setTimeout(STEP_MS);
  }
}

/** Gives undefined while the database does not answer. */
async function openRunsOf(site: Site): Promise<string[] | undefined> {
  try {
    return (await openWork(site.pool)).map(
      ({ runId, extracted, batchIds }) => `run ${runId}, extracted: ${extracted}, open batches: ${batchIds.length}`,
    );
  } catch {
    return undefined;
  }
}
