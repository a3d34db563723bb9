import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { below, createRandomForRecord } from "@lethe/sample-data/random";
import { type Finding, wrong } from "../check/finding.js";
import { findLeaks, measureLoad } from "../check/load.js";
import { type Cluster, openCluster } from "../cluster/cluster.js";
import { checkStorm } from "./check-storm.js";
import { type Day, makeDay } from "./days.js";
import { createTraceFinder } from "./find-traces.js";
import { handIn } from "./hand-in.js";
import { type Doings, meddle } from "./meddle.js";
import { settleStorm } from "./settle-storm.js";
import { openStormLog, type StormLog } from "./storm-log.js";
import { strikeAtRandom } from "./strike-at-random.js";

export interface StormOptions {
  readonly seed: number;
  readonly minutes: number;
  /** Leaves the folder where it is, even when nothing was found. */
  readonly keep: boolean;
  readonly onStart: (folder: string) => void;
  readonly onLeg: (leg: Leg) => void;
}

/** A few minutes of storm, and what was found when it had settled. */
export interface Leg {
  readonly minute: number;
  readonly records: number;
  readonly erased: number;
  readonly strikes: number;
  readonly doings: Doings;
  readonly failedRuns: string;
  readonly settledSeconds: number;
  readonly findings: readonly Finding[];
}

const INSTANCES = 2;
const LEG_MS = 150_000;
const DAYS_A_LEG = 4;
const STUCK_AFTER_MS = 240_000;
const DISK_MEGABYTES = 400;

/**
 * Runs an installation of two processes of each service through a storm: input comes, people are erased, runs are cancelled, retried
 * and repeated, while faults of all kinds strike at random moments, up to three at once. After each leg it may settle, and is
 * compared with the known answer. All chance comes from the seed; the moments depend on the machine as well.
 */
export async function runStorm(options: StormOptions): Promise<readonly Leg[]> {
  const diskMegabytes = process.getuid?.() === 0 ? DISK_MEGABYTES : undefined;
  const cluster = await openCluster({ seams: [], keep: true, instances: INSTANCES, diskMegabytes });
  const log = openStormLog(join(cluster.folder, "storm.log"));
  options.onStart(cluster.folder);
  const legs: Leg[] = [];
  try {
    await weather(cluster, log, options, legs);
  } finally {
    await cluster.close();
    const isClean = legs.length > 0 && legs.every(({ findings }) => findings.length === 0);
    if (isClean && !options.keep) await rm(cluster.folder, { recursive: true, force: true });
  }
  return legs;
}

async function weather(cluster: Cluster, log: StormLog, options: StormOptions, legs: Leg[]): Promise<void> {
  const { seed, minutes, onLeg } = options;
  const start = performance.now();
  const traces = createTraceFinder(cluster);
  const before = await measureLoad(cluster);
  const days: Day[] = [];
  while (performance.now() - start < minutes * 60_000) {
    const number = legs.length + 1;
    log.note(`leg ${number} of seed ${seed}`);
    const randomOf = (actor: number) => createRandomForRecord(seed, "product", number * 10 + actor);
    const over = AbortSignal.timeout(LEG_MS);
    const striking = strikeAtRandom(cluster, randomOf(1), log, over);
    const meddling = meddle(cluster, days, randomOf(2), log, over);
    const random = randomOf(3);
    const feeding = Array.from({ length: DAYS_A_LEG }, async () => {
      await setTimeout(below(random, LEG_MS / 2));
      const day = makeDay(seed, days.length + 1);
      days.push(day);
      await handIn(cluster, day, log, over);
    });
    const struck = await striking;
    const doings = await meddling;
    await Promise.all(feeding);
    const calmAt = performance.now();
    const stuck = await settleStorm(cluster, days, log, STUCK_AFTER_MS);
    const settledSeconds = (performance.now() - calmAt) / 1_000;
    log.note(stuck.length === 0 ? "settled" : `stuck: ${stuck.join("; ")}`);
    const findings: Finding[] = stuck.map((what) => wrong(`stuck: ${what}`));
    if (stuck.length === 0) {
      findings.push(
        ...(await struck.conclude()),
        ...(await checkStorm(cluster, days)),
        ...(await findLeaks(cluster, before)),
      );
    }
    findings.push(...(await traces.find(days)));
    for (const { kind, what } of findings) log.note(`FOUND ${kind}: ${what}`);
    const of = days.slice(-DAYS_A_LEG);
    const leg = {
      minute: Math.round((performance.now() - start) / 60_000),
      records: of.reduce((sum, { answer }) => sum + answer.records, 0),
      erased: of.reduce((sum, { answer }) => sum + answer.erased.length / 3, 0),
      strikes: struck.strikes,
      doings,
      failedRuns: await failedRuns(cluster),
      settledSeconds,
      findings,
    };
    legs.push(leg);
    onLeg(leg);
    if (stuck.length > 0) return;
  }
}

/** Returns which codes runs have failed with, and how often, since the start. */
async function failedRuns({ pool }: Cluster): Promise<string> {
  const { rows } = await pool.query<{ code: string; n: number }>(
    "select error_code as code, count(*)::integer as n from ledger.runs where state = 'failed' group by 1 order by 1",
  );
  return rows.map(({ code, n }) => `${n} ${code}`).join(", ");
}
