import { isActive, type Run } from "@lethe/contracts/runs";

/** How fast a run is. */
export interface Pace {
  /** Milliseconds since it is followed. */
  readonly elapsedMs: number;
  /** Undefined until there is enough to tell. */
  readonly recordsPerSecond: number | undefined;
  /** Undefined until the number of its batches is known and some of them are done. */
  readonly leftMs: number | undefined;
}

export interface PaceKeeper {
  /** Takes note of how far a run is, and returns how fast it is. Times are in milliseconds. */
  at(run: Run, now: number): Pace;
}

interface Sample {
  readonly at: number;
  readonly done: number;
  readonly records: number;
}

/** What was long ago says little about what is to come. */
const WINDOW_MS = 15_000;
/** From less than this follows no rate. */
const LEAST_MS = 500;

/** Creates a keeper of the pace of one run, which looks at its last seconds. */
export function createPaceKeeper(): PaceKeeper {
  let startedAt: number | undefined;
  let samples: Sample[] = [];
  return {
    at(run, now) {
      startedAt ??= now;
      const sample = { at: now, done: run.batches.done + run.batches.failed, records: run.records.in };
      samples.push(sample);
      // One from before the window stays, so that a run that moves seldom has a rate all the same.
      const firstInside = samples.findIndex(({ at }) => at >= now - WINDOW_MS);
      samples = samples.slice(Math.max(0, firstInside - 1));
      const [first = sample] = samples;
      const ms = sample.at - first.at;
      const isKnown = ms >= LEAST_MS && isActive(run.state);
      const batchesPerMs = isKnown ? (sample.done - first.done) / ms : 0;
      const left = run.batches.total - sample.done;
      return {
        elapsedMs: now - startedAt,
        recordsPerSecond:
          isKnown && sample.records > first.records ? ((sample.records - first.records) / ms) * 1_000 : undefined,
        // Until all is extracted, the number of batches still grows.
        leftMs: run.state === "processing" && batchesPerMs > 0 && left > 0 ? left / batchesPerMs : undefined,
      };
    },
  };
}
