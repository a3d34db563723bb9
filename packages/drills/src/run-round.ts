import type { DatasetName } from "@lethe/contracts/datasets";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { pick, type Random } from "@lethe/sample-data/random";
import { compare } from "./check/compare.js";
import { type Finding, wrong } from "./check/finding.js";
import { readOutcome } from "./check/read-outcome.js";
import type { Cluster } from "./cluster/cluster.js";
import type { Fault, FaultContext } from "./fault.js";
import type { Answer } from "./feed/answer.js";
import type { LedgerClock } from "./injection-points.js";
import { land, workOff } from "./work-off.js";

export interface RoundOptions {
  readonly cluster: Cluster;
  readonly clock: LedgerClock;
  readonly answer: Answer;
  readonly fault: Fault;
  readonly random: Random;
  readonly outageMs: number;
  readonly timeoutMs: number;
  /** How many changes of runs each part makes when nothing disturbs it: injection points fall among them. */
  readonly usual: Changes;
}

/** Changes of runs in the ledger, by the part of a round in which they came. */
export type Changes = readonly number[];

export interface RoundResult {
  readonly fault: string;
  readonly records: number;
  readonly findings: readonly Finding[];
  /** Seconds from the end of the fault until the cluster had settled. */
  readonly recoverySeconds: number;
  readonly changes: Changes;
  readonly notes: readonly string[];
  /** Whether work did not come to its end, so that the cluster is of no further use. */
  readonly isStuck: boolean;
}

const DATASETS = createDatasets();
/**
 * The datasets of a round's parts. Those that others refer to come first: whether a record waits for what it refers to, and
 * leaves its id to a later one, would otherwise be a matter of which run is faster. Erasure requests come when all else is loaded.
 */
const PARTS: readonly (readonly DatasetName[])[] = [
  loaded((runsAfter) => runsAfter.length === 0),
  loaded((runsAfter) => runsAfter.length > 0),
  [DATASETS.requests.name],
];
/** The parts that a fault may disturb, of which one is drawn: the one with most of the work more often than the others. */
const DISTURBED = { any: [0, 1, 1, 2], loads: [0, 1, 1, 1], sales: [1], requests: [2] } as const;
/** The share of the expected changes among which an injection point may fall, so that some work is left to disturb. */
const SHARE_FOR_INJECTIONS = 0.8;

/** Feeds a cluster, injects a fault while it works, waits until it has settled, and compares the outcome with the answer. */
export async function runRound(options: RoundOptions): Promise<RoundResult> {
  const { cluster, clock, answer, fault, random, usual } = options;
  const notes: string[] = [];
  const disturbed = pick(random, DISTURBED[fault.during ?? "any"]);
  const context: FaultContext = {
    cluster,
    random,
    isAlone: true,
    outageMs: options.outageMs,
    untilInjectionPoint: () => clock.untilInjectionPoint(random, (usual[disturbed] ?? 1) * SHARE_FOR_INJECTIONS),
    note: (text) => notes.push(text),
  };
  const findings: Finding[] = [];
  const gaveUp: string[] = [];
  let faultEndedAt = 0;
  const injectFault = async () => {
    await fault.inject(context);
    faultEndedAt = performance.now();
  };
  await fault.prepare?.(context);
  let recoverySeconds = 0;
  const changes: number[] = [];
  for (const [i, jobs] of PARTS.entries()) {
    const files = answer.files.filter(({ dataset }) => jobs.includes(dataset));
    clock.restart();
    await land(cluster, files);
    const isDisturbed = disturbed === i;
    const injecting = isDisturbed ? injectFault() : Promise.resolve();
    const working = workOff(cluster, files, { timeoutMs: options.timeoutMs, gaveUp });
    await injecting;
    const stuck = await working;
    if (isDisturbed) recoverySeconds = Math.max(0, (performance.now() - faultEndedAt) / 1_000);
    changes.push(clock.changes());
    findings.push(...stuck.map(wrong));
    if (stuck.length > 0) break;
  }
  const isStuck = findings.length > 0;
  findings.push(...gaveUp.map(wrong));
  if (isStuck) {
    await fault.abandon?.(context);
  } else {
    findings.push(...((await fault.conclude?.(context)) ?? []));
    findings.push(...compare(answer, await readOutcome(cluster.pool, cluster.data, dayOf(answer))));
  }
  return {
    fault: fault.name,
    records: answer.records,
    findings,
    recoverySeconds,
    changes,
    notes,
    isStuck,
  };
}

/** Returns the datasets, but for the erasure requests, that come after the ones which the condition is about. */
function loaded(isWanted: (runsAfter: readonly DatasetName[]) => boolean): readonly DatasetName[] {
  return DATASETS.all
    .filter(({ name, runsAfter }) => name !== DATASETS.requests.name && isWanted(runsAfter))
    .map(({ name }) => name);
}

/** Returns the folder of the day that a feed is of. */
export function dayOf(answer: Answer): string {
  return answer.files[0]?.path.split("/")[0] ?? "";
}
