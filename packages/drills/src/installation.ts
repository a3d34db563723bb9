import { recordRandom } from "@lethe/cli/generate/random";
import { findLeaks, type Load, measureLoad } from "./check/load.js";
import { makeFeed } from "./feed/make-feed.js";
import type { Harm } from "./harm.js";
import { noHarm } from "./harms/all-harms.js";
import { startLedgerClock } from "./moments.js";
import { type Changes, type RoundResult, runRound } from "./run-round.js";
import type { Build } from "./site/service.js";
import { openSite } from "./site/site.js";

/** An installation under drill: rounds go on in it one after the other, each with input of its own. */
export interface Installation {
  /** Feeds input, does harm, waits for quiet, and holds what came of it against the known answer. */
  round(harm: Harm, seed: number, outageMs: number): Promise<RoundResult>;
  close(): Promise<void>;
}

export interface InstallationOptions {
  readonly build: Build;
  /** Leaves its folder, with data and logs, where it is. */
  readonly keep: boolean;
  /** Ms until work that does not come to its end counts as stuck. */
  readonly patienceMs: number;
}

/** Starts an installation. */
export async function openInstallation({ build, keep, patienceMs }: InstallationOptions): Promise<Installation> {
  const site = await openSite(build, keep);
  const clock = startLedgerClock(site.pool);
  let rounds = 0;
  const round = (harm: Harm, seed: number, outageMs: number, usual: Changes) => {
    rounds += 1;
    const answer = makeFeed(seed, rounds);
    const random = recordRandom(seed, "customer", rounds);
    return runRound({ site, clock, harm, answer, random, outageMs, patienceMs, usual });
  };
  // The first round is nobody's: it opens what services keep open, and shows how much there is to disturb.
  const { changes: usual } = await round(noHarm, 0, 0, { first: 1, requests: 1 });
  const before: Load = await measureLoad(site);
  return {
    async round(harm, seed, outageMs) {
      const result = await round(harm, seed, outageMs, usual);
      const leaks = result.isStuck ? [] : await findLeaks(site, before);
      return { ...result, findings: [...result.findings, ...leaks] };
    },
    async close() {
      clock.stop();
      await site.close();
    },
  };
}
