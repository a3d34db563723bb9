import type { Fault } from "./fault.js";
import { type Installation, openInstallation } from "./installation.js";
import type { RoundResult } from "./run-round.js";

export interface DrillOptions {
  readonly faults: readonly Fault[];
  readonly seeds: readonly number[];
  /** How many installations run side by side, each with a seed of its own. */
  readonly atOnce: number;
  /** Returns the milliseconds for which a connection stays broken, by seed. */
  readonly outageMs: (seed: number) => number;
  readonly keep: boolean;
  /** Milliseconds until work that does not come to its end counts as stuck. */
  readonly timeoutMs: number;
  readonly onRound: (result: RoundResult, seed: number) => void;
  /** Called when a seed is through, with the seconds that it took and the number of seeds that nobody has begun. */
  readonly onSeed: (seed: number, seconds: number, waiting: number) => void;
}

/** Injects every fault once for every seed: all faults of a seed into one installation, one after the other. */
export async function runDrills(options: DrillOptions): Promise<RoundResult[]> {
  const results: RoundResult[] = [];
  const waiting = [...options.seeds];
  const work = async () => {
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
      const start = performance.now();
      results.push(...(await runSeed(options, seed)));
      options.onSeed(seed, (performance.now() - start) / 1_000, waiting.length);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, work));
  return results;
}

async function runSeed(options: DrillOptions, seed: number): Promise<RoundResult[]> {
  const results: RoundResult[] = [];
  let installation: Installation | undefined;
  try {
    for (const fault of options.faults) {
      installation ??= await openInstallation({ ...options, seams: [] });
      const result = await installation.round(fault, seed, options.outageMs(seed));
      results.push(result);
      options.onRound(result, seed);
      if (!result.isStuck) continue;
      // What is stuck would be found again in every later round.
      const stuck = installation;
      installation = undefined;
      await stuck.close();
    }
  } finally {
    await installation?.close();
  }
  return results;
}
