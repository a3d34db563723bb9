import { setTimeout } from "node:timers/promises";
import { below, type Random } from "@lethe/sample-data/random";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import type { Cluster } from "../cluster/cluster.js";
import { fileKey } from "../feed/file-key.js";
import { land } from "../work-off.js";
import type { Day } from "./days.js";
import type { StormLog } from "./storm-log.js";

const JOBS = ["customers", "products", "transactions", "erasure-requests"] as const;
const LONGEST_PAUSE_MS = 1_500;

/** How often each of a person's doings was done. */
export type Doings = Record<"run" | "cancel" | "retry" | "replay" | "backfill" | "again", number>;

/**
 * Does what people do with an installation, at random: opens runs, cancels and retries them, replays quarantine, takes days
 * again by force, and hands files in again. Until `signal` aborts.
 */
export async function meddle(
  cluster: Cluster,
  days: readonly Day[],
  random: Random,
  log: StormLog,
  signal: AbortSignal,
): Promise<Doings> {
  const doings: Doings = { run: 0, cancel: 0, retry: 0, replay: 0, backfill: 0, again: 0 };
  while (!signal.aborted) {
    await setTimeout(below(random, LONGEST_PAUSE_MS), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const doing = doingOf(below(random, 100));
    // The database may be away just now: then nobody does anything.
    const did = await DO[doing](cluster, days, random).catch(() => undefined);
    if (did === undefined) continue;
    doings[doing] += 1;
    if (doing !== "run") log.note(`${doing}: ${did}`);
  }
  return doings;
}

function doingOf(percent: number): keyof Doings {
  if (percent < 72) return "run";
  if (percent < 80) return "cancel";
  if (percent < 84) return "retry";
  if (percent < 90) return "replay";
  if (percent < 96) return "backfill";
  return "again";
}

type Doing = (cluster: Cluster, days: readonly Day[], random: Random) => Promise<string | undefined>;

/** Each returns what it did; undefined when there was nothing to do it to. */
const DO: Readonly<Record<keyof Doings, Doing>> = {
  async run(cluster, _days, random) {
    const job = JOBS[below(random, JOBS.length)];
    const { status } = await cluster.call("POST", `/jobs/${job}/runs`, {});
    return `${job}: ${status}`;
  },
  async cancel(cluster, _days, random) {
    const active = await readActiveRuns(cluster.pool);
    const run = active[below(random, Math.max(1, active.length))];
    if (run === undefined) return undefined;
    const { status } = await cluster.call("POST", `/runs/${run.runId}/cancel`);
    return `run ${run.runId}: ${status}`;
  },
  async retry(cluster, _days, random) {
    const { rows } = await cluster.pool.query<{ id: string }>(
      "select id from ledger.runs where state in ('failed', 'cancelled') order by requested_at desc limit 5",
    );
    const run = rows[below(random, Math.max(1, rows.length))];
    if (run === undefined) return undefined;
    const { status } = await cluster.call("POST", `/runs/${run.id}/retry`);
    return `run ${run.id}: ${status}`;
  },
  async replay(cluster, _days, random) {
    const filters = [{}, { dataset: "transactions" }, { reason: "unknown_customer" }, { reason: "schema" }];
    const filter = filters[below(random, filters.length)];
    const { status } = await cluster.call("POST", "/quarantine/replay", filter);
    return `${JSON.stringify(filter)}: ${status}`;
  },
  async backfill(cluster, days, random) {
    const found = await landAgain(cluster, days, random);
    if (found === undefined) return undefined;
    const date = found.day.folder.slice("date=".length);
    const { status } = await cluster.call("POST", `/jobs/${found.job}/runs`, { from: date, to: date, force: true });
    return `${found.job} of ${date}, ${found.files} files: ${status}`;
  },
  async again(cluster, days, random) {
    const found = await landAgain(cluster, days, random);
    return found && `${found.job} of ${found.day.folder}, ${found.files} files`;
  },
};

/** Puts files of a day and a job into landing once more that were taken before. */
async function landAgain(cluster: Cluster, days: readonly Day[], random: Random) {
  const day = days[below(random, Math.max(1, days.length))];
  const job = JOBS[below(random, JOBS.length)] ?? "customers";
  if (day === undefined) return undefined;
  const { rows } = await cluster.pool.query<{ path: string }>(
    "select path from ledger.files where state in ('done', 'quarantined') and path like $1",
    [`${day.folder}/%`],
  );
  const taken = new Set(rows.map(({ path }) => fileKey(path)));
  const files = day.answer.files.filter(({ dataset, path }) => dataset === job && taken.has(fileKey(path)));
  const some = files.filter(() => below(random, 2) === 0);
  if (some.length === 0) return undefined;
  await land(cluster, some);
  return { day, job, files: some.length };
}
