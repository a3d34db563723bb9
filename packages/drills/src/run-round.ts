import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DatasetName } from "@lethe/contracts/datasets";
import { below, type Random } from "@lethe/sample-data/random";
import { compare } from "./check/compare.js";
import { type Finding, wrong } from "./check/finding.js";
import { readOutcome } from "./check/read-outcome.js";
import type { Cluster } from "./cluster/cluster.js";
import type { Fault, HarmContext } from "./fault.js";
import type { Answer, FileAnswer } from "./feed/answer.js";
import type { LedgerClock } from "./injection-points.js";
import { untilSettled } from "./settled.js";

export interface RoundOptions {
  readonly cluster: Cluster;
  readonly clock: LedgerClock;
  readonly answer: Answer;
  readonly fault: Fault;
  readonly random: Random;
  readonly outageMs: number;
  readonly timeoutMs: number;
  /** Changes of runs that each part makes when nothing disturbs it: where injection points may fall. */
  readonly usual: Changes;
}

export interface Changes {
  readonly first: number;
  readonly requests: number;
}

export interface RoundResult {
  readonly fault: string;
  readonly records: number;
  readonly findings: readonly Finding[];
  /** From the end of the fault until all was settled. */
  readonly recoverySeconds: number;
  readonly changes: Changes;
  readonly notes: readonly string[];
  /** Whether the cluster cannot be used any more. */
  readonly isStuck: boolean;
}

const FIRST_JOBS: readonly DatasetName[] = ["customers", "products", "transactions"];
/** Fault comes in the first part of the changes, so that there is something left to fault. */
const PART_FOR_INJECTIONS = 0.8;
/** A run that gave up may be asked to go on, as its owner would; more often than this is a finding. */
const MOST_TRIES = 4;

/** Feeds a cluster, does fault in the middle, waits for settled, and holds what came of it against the answer. */
export async function runRound(options: RoundOptions): Promise<RoundResult> {
  const { cluster, clock, answer, fault, random, usual } = options;
  const notes: string[] = [];
  // The fault comes while requests are worked on in one round of four, else while all the rest is.
  const faultsRequests = below(random, 4) === 0 && fault.inFirstPart !== true;
  const context: HarmContext = {
    cluster,
    random,
    outageMs: options.outageMs,
    untilInjectionPoint: () =>
      clock.untilInjectionPoint(random, (faultsRequests ? usual.requests : usual.first) * PART_FOR_INJECTIONS),
    note: (text) => notes.push(text),
  };
  const findings: Finding[] = [];
  const gaveUp: string[] = [];
  let faultEndedAt = 0;
  const doFault = async () => {
    await fault.fault(context);
    faultEndedAt = performance.now();
  };
  await fault.prepare?.(context);
  const parts: readonly (readonly DatasetName[])[] = [FIRST_JOBS, ["erasure-requests"]];
  let recoverySeconds = 0;
  const changes: number[] = [];
  for (const [i, jobs] of parts.entries()) {
    const files = answer.files.filter(({ dataset }) => jobs.includes(dataset));
    clock.restart();
    await land(cluster, files);
    const isFaulted = faultsRequests === (i === 1);
    const injecting = isFaulted ? doFault() : Promise.resolve();
    const working = workOff(options, files, jobs, gaveUp);
    await injecting;
    const stuck = await working;
    if (isFaulted) recoverySeconds = Math.max(0, (performance.now() - faultEndedAt) / 1_000);
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
    changes: { first: changes[0] ?? 0, requests: changes[1] ?? 0 },
    notes,
    isStuck,
  };
}

/** Puts files into landing, each whole from its first injection point on. */
async function land(cluster: Cluster, files: readonly FileAnswer[]): Promise<void> {
  for (const file of files) {
    const target = join(cluster.landing, file.path);
    await mkdir(dirname(target), { recursive: true });
    const beside = join(cluster.folder, "being-written");
    await writeFile(beside, file.bytes);
    await rename(beside, target);
  }
}

/**
 * Asks for runs of the jobs until their files are taken, and for another try where a run gave up. Returns what does not come
 * to rest, or what gave up for good.
 */
async function workOff(
  { cluster, timeoutMs }: RoundOptions,
  files: readonly FileAnswer[],
  jobs: readonly DatasetName[],
  gaveUp: string[],
): Promise<readonly string[]> {
  for (let round = 1; ; round++) {
    await Promise.all(jobs.map((job) => cluster.call("POST", `/jobs/${job}/runs`, {})));
    const { stuck } = await untilSettled(cluster, timeoutMs);
    if (stuck.length > 0) return stuck;
    const failed = await failedRuns(cluster);
    for (const { id, code } of failed) {
      gaveUp.push(`run failed (${code})`);
      await cluster.call("POST", `/runs/${id}/retry`);
    }
    const again = await untilSettled(cluster, timeoutMs);
    if (again.stuck.length > 0) return again.stuck;
    const left = await unfinished(cluster, files);
    if (left.length === 0) return [];
    if (round === MOST_TRIES) return left.map((path) => `${path} is not done after ${MOST_TRIES} runs`);
  }
}

async function failedRuns(cluster: Cluster): Promise<{ id: string; code: string }[]> {
  const { rows } = await cluster.pool.query<{ id: string; code: string }>(
    "select id, error_code as code from ledger.runs where state = 'failed' and kind = 'files' order by requested_at",
  );
  return rows;
}

async function unfinished(cluster: Cluster, files: readonly FileAnswer[]): Promise<string[]> {
  const { rows } = await cluster.pool.query<{ path: string }>(
    `select path from unnest($1::text[]) as wanted (path)
     where not exists (select from ledger.files f where f.path = wanted.path and f.state in ('done', 'quarantined'))`,
    [files.map(({ path }) => path)],
  );
  return rows.map(({ path }) => path);
}

function dayOf(answer: Answer): string {
  return answer.files[0]?.path.split("/")[0] ?? "";
}
