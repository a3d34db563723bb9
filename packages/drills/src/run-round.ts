import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { below, type Random } from "@lethe/cli/generate/random";
import type { DatasetName } from "@lethe/contracts/datasets";
import { compare } from "./check/compare.js";
import { type Finding, wrong } from "./check/finding.js";
import { readOutcome } from "./check/read-outcome.js";
import type { Answer, FileAnswer } from "./feed/answer.js";
import type { Harm, HarmContext } from "./harm.js";
import type { LedgerClock } from "./moments.js";
import { untilQuiet } from "./quiet.js";
import type { Site } from "./site/site.js";

export interface RoundOptions {
  readonly site: Site;
  readonly clock: LedgerClock;
  readonly answer: Answer;
  readonly harm: Harm;
  readonly random: Random;
  readonly outageMs: number;
  readonly patienceMs: number;
  /** Changes of runs that each part makes when nothing disturbs it: where moments may fall. */
  readonly usual: Changes;
}

export interface Changes {
  readonly first: number;
  readonly requests: number;
}

export interface RoundResult {
  readonly harm: string;
  readonly records: number;
  readonly findings: readonly Finding[];
  /** From the end of the harm until all was quiet. */
  readonly recoverySeconds: number;
  readonly changes: Changes;
  readonly notes: readonly string[];
  /** Whether the site cannot be used any more. */
  readonly isStuck: boolean;
}

const FIRST_JOBS: readonly DatasetName[] = ["customers", "products", "transactions"];
/** Harm comes in the first part of the changes, so that there is something left to harm. */
const PART_FOR_MOMENTS = 0.8;
/** A run that gave up may be asked to go on, as its owner would; more often than this is a finding. */
const MOST_TRIES = 4;

/** Feeds a site, does harm in the middle, waits for quiet, and holds what came of it against the answer. */
export async function runRound(options: RoundOptions): Promise<RoundResult> {
  const { site, clock, answer, harm, random, usual } = options;
  const notes: string[] = [];
  // The harm comes while requests are worked on in one round of four, else while all the rest is.
  const harmsRequests = below(random, 4) === 0 && harm.inFirstPart !== true;
  const context: HarmContext = {
    site,
    random,
    outageMs: options.outageMs,
    untilSomeMoment: () =>
      clock.untilSomeMoment(random, (harmsRequests ? usual.requests : usual.first) * PART_FOR_MOMENTS),
    note: (text) => notes.push(text),
  };
  const findings: Finding[] = [];
  const gaveUp: string[] = [];
  let harmEndedAt = 0;
  const doHarm = async () => {
    await harm.harm(context);
    harmEndedAt = performance.now();
  };
  await harm.prepare?.(context);
  const parts: readonly (readonly DatasetName[])[] = [FIRST_JOBS, ["erasure-requests"]];
  let recoverySeconds = 0;
  const changes: number[] = [];
  for (const [i, jobs] of parts.entries()) {
    const files = answer.files.filter(({ dataset }) => jobs.includes(dataset));
    clock.restart();
    await land(site, files);
    const isHarmed = harmsRequests === (i === 1);
    const harming = isHarmed ? doHarm() : Promise.resolve();
    const working = workOff(options, files, jobs, gaveUp);
    await harming;
    const stuck = await working;
    if (isHarmed) recoverySeconds = Math.max(0, (performance.now() - harmEndedAt) / 1_000);
    changes.push(clock.changes());
    findings.push(...stuck.map(wrong));
    if (stuck.length > 0) break;
  }
  const isStuck = findings.length > 0;
  findings.push(...gaveUp.map(wrong));
  if (isStuck) {
    await harm.abandon?.(context);
  } else {
    findings.push(...((await harm.conclude?.(context)) ?? []));
    findings.push(...compare(answer, await readOutcome(site.pool, site.data, dayOf(answer))));
  }
  return {
    harm: harm.name,
    records: answer.records,
    findings,
    recoverySeconds,
    changes: { first: changes[0] ?? 0, requests: changes[1] ?? 0 },
    notes,
    isStuck,
  };
}

/** Puts files into landing, each whole from its first moment on. */
async function land(site: Site, files: readonly FileAnswer[]): Promise<void> {
  for (const file of files) {
    const target = join(site.landing, file.path);
    await mkdir(dirname(target), { recursive: true });
    const beside = join(site.folder, "being-written");
    await writeFile(beside, file.bytes);
    await rename(beside, target);
  }
}

/**
 * Asks for runs of the jobs until their files are taken, and for another try where a run gave up. Gives what does not come
 * to rest, or what gave up for good.
 */
async function workOff(
  { site, patienceMs }: RoundOptions,
  files: readonly FileAnswer[],
  jobs: readonly DatasetName[],
  gaveUp: string[],
): Promise<readonly string[]> {
  for (let round = 1; ; round++) {
    await Promise.all(jobs.map((job) => site.call("POST", `/jobs/${job}/runs`, {})));
    const { stuck } = await untilQuiet(site, patienceMs);
    if (stuck.length > 0) return stuck;
    const failed = await failedRuns(site);
    for (const { id, code } of failed) {
      gaveUp.push(`run failed (${code})`);
      await site.call("POST", `/runs/${id}/retry`);
    }
    const again = await untilQuiet(site, patienceMs);
    if (again.stuck.length > 0) return again.stuck;
    const left = await unfinished(site, files);
    if (left.length === 0) return [];
    if (round === MOST_TRIES) return left.map((path) => `${path} is not done after ${MOST_TRIES} runs`);
  }
}

async function failedRuns(site: Site): Promise<{ id: string; code: string }[]> {
  const { rows } = await site.pool.query<{ id: string; code: string }>(
    "select id, error_code as code from ledger.runs where state = 'failed' and kind = 'files' order by requested_at",
  );
  return rows;
}

async function unfinished(site: Site, files: readonly FileAnswer[]): Promise<string[]> {
  const { rows } = await site.pool.query<{ path: string }>(
    `select path from unnest($1::text[]) as wanted (path)
     where not exists (select from ledger.files f where f.path = wanted.path and f.state in ('done', 'quarantined'))`,
    [files.map(({ path }) => path)],
  );
  return rows.map(({ path }) => path);
}

function dayOf(answer: Answer): string {
  return answer.files[0]?.path.split("/")[0] ?? "";
}
