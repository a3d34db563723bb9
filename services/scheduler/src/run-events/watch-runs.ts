import type { RunEvent } from "@lethe/contracts/run-events";
import { isActive, type RunDetail } from "@lethe/contracts/runs";
import { createProgressMeter } from "./measure-progress.js";

export interface RunWatch {
  /** Calls `tell` with the run once it is known, and then whenever it changes. Returns a function that ends the watch. */
  watch(runId: string, tell: (event: RunEvent) => void): () => void;
}

interface Watched {
  readonly listeners: Set<(event: RunEvent) => void>;
  last: { readonly event: RunEvent; readonly key: string } | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** How often a run is looked at, however many watch it. */
const LOOK_MS = 1_000;

/**
 * Creates a watch that looks at each run that somebody watches, with `read`, once a second and not after its end. While a look fails, nobody
 * is told anything.
 */
export function createRunWatch(read: (runId: string) => Promise<RunDetail>, lookMs = LOOK_MS): RunWatch {
  const watched = new Map<string, Watched>();

  function begin(runId: string): Watched {
    const own: Watched = { listeners: new Set(), last: undefined, timer: undefined };
    const measure = createProgressMeter();
    const isWatched = () => watched.get(runId) === own;
    const look = async (): Promise<void> => {
      const run = await read(runId).catch(() => undefined);
      if (!isWatched()) return;
      if (run === undefined || isActive(run.state)) own.timer = setTimeout(() => void look(), lookMs);
      if (run === undefined) return;
      const event = { ...run, progress: measure(run, performance.now()) };
      const key = keyOf(event);
      const isKnown = key === own.last?.key;
      // Whoever comes later is told of the time that it has taken by now.
      own.last = { event, key };
      if (isKnown) return;
      for (const tell of [...own.listeners]) tell(event);
    };
    watched.set(runId, own);
    void look();
    return own;
  }

  return {
    watch(runId, tell) {
      const known = watched.get(runId);
      // One that has ended may have been opened again since.
      const isOver = known?.last !== undefined && !isActive(known.last.event.state);
      const own = known === undefined || isOver ? begin(runId) : known;
      own.listeners.add(tell);
      if (own.last !== undefined) tell(own.last.event);
      return () => {
        own.listeners.delete(tell);
        if (own.listeners.size > 0) return;
        clearTimeout(own.timer);
        if (watched.get(runId) === own) watched.delete(runId);
      };
    },
  };
}

/** Returns what an event differs from others by: while a run is active, the time that it has taken grows by itself. */
function keyOf({ durationsMs: { total: _total, ...durationsMs }, ...event }: RunEvent): string {
  return JSON.stringify({ ...event, durationsMs });
}
