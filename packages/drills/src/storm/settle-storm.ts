import { setTimeout } from "node:timers/promises";
import { pathsBelow } from "@lethe/test-kit/folders";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import type { Cluster } from "../cluster/cluster.js";
import { fileKey } from "../feed/file-key.js";
import type { Day } from "./days.js";
import { handInRest } from "./hand-in.js";
import type { StormLog } from "./storm-log.js";

const JOBS = ["customers", "products", "transactions", "erasure-requests"] as const;
const STEP_MS = 500;
/** Asked so often in a row with the same answer, because a run's end may open a replay. */
const QUIET_TIMES = 3;

/**
 * Hands in what is left of the days, opens runs until all is done, and waits until nothing is at work. Returns what is not done
 * after `timeoutMs`: nothing, when the installation has settled.
 */
export async function settleStorm(
  cluster: Cluster,
  days: readonly Day[],
  log: StormLog,
  timeoutMs: number,
): Promise<readonly string[]> {
  const deadline = performance.now() + timeoutMs;
  let quiet = 0;
  for (;;) {
    for (const day of days) await handInRest(cluster, day, log);
    await rejectMismatches(cluster, log);
    const open = await whatIsOpen(cluster, days);
    if (open.length > 0) quiet = 0;
    // First: while another run of the job is active, a run cannot be retried.
    await retryGivenUp(cluster, log);
    // Also when all is done: the end of a later run removes what an earlier one has left.
    if (open.length > 0 || quiet === 0) await openRuns(cluster);
    if (open.length === 0) quiet += 1;
    if (quiet > QUIET_TIMES) return [];
    if (performance.now() > deadline) return open;
    await setTimeout(STEP_MS);
  }
}

/**
 * Refuses the requests that name an email which is not their customer's, as an officer would. Until then, what comes of the customer
 * is held.
 */
async function rejectMismatches(cluster: Cluster, log: StormLog): Promise<void> {
  const { rows } = await cluster.pool.query<{ id: string }>(
    "select id::text as id from ledger.quarantine where reason = 'identity_mismatch' and status = 'open'",
  );
  for (const { id } of rows) {
    const { status } = await cluster.call("POST", `/erasures/requests/${id}/reject`, { reason: "a drill: not theirs" });
    log.note(`rejected request ${id}: ${status}`);
  }
}

/** Retries runs that have given up with everything loaded, as a person would do: only they can archive and publish it. */
async function retryGivenUp(cluster: Cluster, log: StormLog): Promise<void> {
  const { rows } = await cluster.pool.query<{ id: string }>(
    `select distinct r.id from ledger.runs r join ledger.files f on f.run_id = r.id
     where r.state in ('failed', 'cancelled') and f.state = 'open'`,
  );
  for (const { id } of rows) {
    const { status } = await cluster.call("POST", `/runs/${id}/retry`);
    log.note(`retried run ${id}: ${status}`);
  }
}

async function openRuns(cluster: Cluster): Promise<void> {
  await Promise.all(JOBS.map((job) => cluster.call("POST", `/jobs/${job}/runs`, {})));
}

async function whatIsOpen(cluster: Cluster, days: readonly Day[]): Promise<string[]> {
  const unready = cluster.places().filter((place) => !place.isReady());
  const active = await readActiveRuns(cluster.pool);
  const { rows } = await cluster.pool.query<{ path: string }>(
    "select path from ledger.files where state in ('done', 'quarantined')",
  );
  const done = new Set(rows.map(({ path }) => fileKey(path)));
  const { rows: pending } = await cluster.pool.query<{ id: string }>(
    "select id from warehouse.erasure_requests where state = 'suppressed'",
  );
  const { rows: held } = await cluster.pool.query<{ n: number }>(
    "select count(*)::integer as n from ledger.quarantine where reason = 'held' and status = 'open' having count(*) > 0",
  );
  const landed = (await pathsBelow(cluster.landing)).filter((path) => /\.(json|gz|ndjson)$/.test(path));
  const toCome = days.reduce((sum, { left }) => sum + left.length, 0);
  return [
    ...unready.map(({ name }) => `a ${name} is not ready`),
    ...(toCome > 0 ? [`${toCome} deliveries wait for their customers`] : []),
    ...landed.map((path) => `${path} is in landing`),
    ...active.map(
      ({ runId, extracted, batchIds }) => `run ${runId}, extracted: ${extracted}, ${batchIds.length} batches`,
    ),
    ...days.flatMap(({ answer }) =>
      answer.files.filter(({ path }) => !done.has(fileKey(path))).map(({ path }) => `${path} is not done`),
    ),
    ...held.map(({ n }) => `${n} records are held`),
    ...pending.map(({ id }) => `erasure ${id} is pending`),
  ];
}
