import { createRandomForRecord } from "@lethe/sample-data/random";
import { findLeaks, type Load, measureLoad } from "./check/load.js";
import { type ClusterOptions, openCluster } from "./cluster/cluster.js";
import type { Fault } from "./fault.js";
import { noFault } from "./faults/all-faults.js";
import { makeFeed } from "./feed/make-feed.js";
import { startLedgerClock } from "./injection-points.js";
import { type Changes, type RoundResult, runRound } from "./run-round.js";

/** An installation under drill. It runs one round after the other, each with input of its own. */
export interface Installation {
  /** Runs a round with a fault, see `runRound`, and looks for leaks after it. */
  round(fault: Fault, seed: number, outageMs: number): Promise<RoundResult>;
  close(): Promise<void>;
}

export interface InstallationOptions extends ClusterOptions {
  /** Milliseconds until work that does not come to its end counts as stuck. */
  readonly timeoutMs: number;
}

/** Starts an installation. */
export async function openInstallation(options: InstallationOptions): Promise<Installation> {
  const cluster = await openCluster(options);
  const clock = startLedgerClock(cluster.pool);
  let rounds = 0;
  const round = (fault: Fault, seed: number, outageMs: number, usual: Changes) => {
    rounds += 1;
    const answer = makeFeed(seed, rounds);
    const random = createRandomForRecord(seed, "customer", rounds);
    return runRound({ cluster, clock, fault, answer, random, outageMs, timeoutMs: options.timeoutMs, usual });
  };
  // A first round without a fault opens what services keep open, and shows how many changes there are to disturb.
  const { changes: usual } = await round(noFault, 0, 0, []);
  const before: Load = await measureLoad(cluster);
  return {
    async round(fault, seed, outageMs) {
      const result = await round(fault, seed, outageMs, usual);
      const leaks = result.isStuck ? [] : await findLeaks(cluster, before);
      return { ...result, findings: [...result.findings, ...leaks] };
    },
    async close() {
      clock.stop();
      await cluster.close();
    },
  };
}
