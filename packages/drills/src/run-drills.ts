import { recordRandom } from "@lethe/cli/generate/random";
import { makeFeed } from "./feed/make-feed.js";
import type { Harm } from "./harm.js";
import { type LedgerClock, startLedgerClock } from "./moments.js";
import { findLeaks, measureLoad, type Load } from "./check/load.js";
import { type RoundResult, runRound } from "./run-round.js";
import { openSite, type Site } from "./site/site.js";

export interface DrillOptions {
  readonly harms: readonly Harm[];
  readonly seeds: readonly number[];
  /** How long a connection stays broken, in ms, by seed. */
  readonly outageMs: (seed: number) => number;
  readonly keep: boolean;
  readonly onRound: (result: RoundResult, seed: number) => void;
}

/** Does every harm once for every seed, all harms of a seed to one installation, one after the other. */
export async function runDrills(options: DrillOptions): Promise<RoundResult[]> {
  const results: RoundResult[] = [];
  for (const seed of options.seeds) {
    let open: OpenSite | undefined;
    for (const [i, harm] of options.harms.entries()) {
      open ??= await openWatched(options.keep);
      const { site, clock, before } = open;
      const result = await runRound({
        site,
        clock,
        harm,
        answer: makeFeed(seed, i),
        random: recordRandom(seed, "customer", i),
        outageMs: options.outageMs(seed),
      });
      const leaks = result.isStuck ? [] : await findLeaks(site, before);
      const whole = { ...result, findings: [...result.findings, ...leaks] };
      results.push(whole);
      options.onRound(whole, seed);
      if (result.isStuck) {
        await close(open);
        open = undefined;
      }
    }
    if (open !== undefined) await close(open);
  }
  return results;
}

interface OpenSite {
  readonly site: Site;
  readonly clock: LedgerClock;
  readonly before: Load;
}

async function openWatched(keep: boolean): Promise<OpenSite> {
  const site = await openSite({ keep });
  return { site, clock: startLedgerClock(site.pool), before: await measureLoad(site) };
}

async function close({ site, clock }: OpenSite): Promise<void> {
  clock.stop();
  await site.close();
}
