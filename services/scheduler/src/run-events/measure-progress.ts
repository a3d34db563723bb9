import type { RunProgress } from "@lethe/contracts/run-events";
import type { Run } from "@lethe/contracts/runs";

/** What a look at a run has shown. */
interface Look {
  readonly at: number;
  readonly rows: number;
  readonly batches: number;
}

/** How far back the speed is measured. */
const WINDOW_MS = 10_000;

/** Creates a function that measures how far a run is, and by its earlier looks how fast. `now` is in milliseconds and never goes back. */
export function createProgressMeter(): (run: Run, now: number) => RunProgress {
  let looks: Look[] = [];
  let first: Look | undefined;
  return (run, now) => {
    const look = { at: now, rows: run.records.in, batches: run.batches.done };
    first ??= look;
    // The last one before the window is its beginning.
    const firstInside = looks.findIndex(({ at }) => at >= now - WINDOW_MS);
    looks = [...(firstInside === -1 ? looks.slice(-1) : looks.slice(Math.max(firstInside - 1, 0))), look];
    const start = looks[0] ?? look;
    const { files, batches, records } = run;
    return {
      files: { done: files.done, taken: files.taken },
      batches: { done: batches.done, total: batches.total },
      rowsLoaded: records.loaded,
      rowsPerSecond: Math.round(perSecond(start, look, ({ rows }) => rows)),
      secondsLeft: secondsLeft(run, perSecond(start, look, done) || perSecond(first, look, done)),
    };
  };
}

function done({ batches }: Look): number {
  return batches;
}

function perSecond(from: Look, to: Look, count: (look: Look) => number): number {
  return to.at === from.at ? 0 : Math.max(0, (1_000 * (count(to) - count(from))) / (to.at - from.at));
}

/** Before all batches are made nobody knows how many come, and behind the last one there is no measure. */
function secondsLeft({ state, batches }: Run, batchesPerSecond: number): number | null {
  const left = batches.total - batches.done - batches.failed;
  if (state !== "processing" || left <= 0 || batchesPerSecond === 0) return null;
  return Math.ceil(left / batchesPerSecond);
}
