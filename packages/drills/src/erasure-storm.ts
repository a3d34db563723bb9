import { setTimeout } from "node:timers/promises";
import { SERVICE_NAMES } from "@lethe/contracts/services";
import { below, createRandomForRecord, type Random } from "@lethe/sample-data/random";
import { compare } from "./check/compare.js";
import { type Finding, wrong } from "./check/finding.js";
import { readOutcome } from "./check/read-outcome.js";
import { type Cluster, openCluster } from "./cluster/cluster.js";
import { makeFeed } from "./feed/make-feed.js";
import { dayOf } from "./run-round.js";
import { untilSettled } from "./settled.js";
import { land, workOff } from "./work-off.js";

export interface StormOptions {
  readonly seed: number;
  readonly keep: boolean;
  /** Milliseconds until work that does not come to its end counts as stuck. */
  readonly timeoutMs: number;
}

export interface StormResult {
  readonly findings: readonly Finding[];
  readonly kills: number;
  readonly receipts: number;
}

const ERASURES = 60;
const LONGEST_PAUSE_MS = 1_500;

/**
 * Has 60 people erased while their transactions are loaded, and ends a service with SIGKILL every second or so until all is
 * done. Then each request must have one receipt, each sale must count once, and nobody may be found.
 */
export async function runErasureStorm({ seed, keep, timeoutMs }: StormOptions): Promise<StormResult> {
  const cluster = await openCluster({ seams: [], keep });
  try {
    const answer = makeFeed(seed, 1, { erased: ERASURES });
    const isEarly = (dataset: string) => dataset === "customers" || dataset === "products";
    const gaveUp: string[] = [];
    const early = answer.files.filter(({ dataset }) => isEarly(dataset));
    const late = answer.files.filter(({ dataset }) => !isEarly(dataset));
    await land(cluster, early);
    const stuck = [...(await workOff(cluster, early, { timeoutMs, gaveUp }))];
    const random = createRandomForRecord(seed, "customer", 1);
    const over = new AbortController();
    const killing = killUntil(over.signal, cluster, random);
    await land(cluster, late);
    stuck.push(...(await workOff(cluster, late, { timeoutMs, gaveUp })));
    over.abort();
    const kills = await killing;
    stuck.push(...(await untilSettled(cluster, timeoutMs)), ...(await pendingErasures(cluster, timeoutMs)));
    const { rows } = await cluster.pool.query<{ receipts: number }>(
      `select count(distinct r.id)::integer as receipts from warehouse.erasure_requests r
       where r.kind = 'request' and r.state = 'completed'`,
    );
    const receipts = rows[0]?.receipts ?? 0;
    const outcome = await readOutcome(cluster.pool, cluster.data, dayOf(answer));
    return {
      findings: [
        ...stuck.map(wrong),
        ...(receipts === ERASURES ? [] : [wrong(`${receipts} of ${ERASURES} erasures are completed`)]),
        ...compare(answer, outcome),
      ],
      kills,
      receipts,
    };
  } finally {
    await cluster.close();
  }
}

/** Ends a service, whichever, after each pause. Returns how often it did. */
async function killUntil(signal: AbortSignal, cluster: Cluster, random: Random): Promise<number> {
  let kills = 0;
  while (!signal.aborted) {
    await setTimeout(200 + below(random, LONGEST_PAUSE_MS), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const name = SERVICE_NAMES[below(random, SERVICE_NAMES.length)] ?? "loader";
    for (const place of cluster.places(name)) place.kill();
    kills += 1;
  }
  return kills;
}

/** Waits for erasures that their run has left to the reconciler. Returns those that do not come to their end. */
async function pendingErasures(cluster: Cluster, timeoutMs: number): Promise<string[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const { rows } = await cluster.pool.query<{ id: string }>(
      "select id from warehouse.erasure_requests where state = 'suppressed'",
    );
    if (rows.length === 0) return [];
    if (performance.now() > deadline) return rows.map(({ id }) => `erasure ${id} is pending`);
    await setTimeout(100);
  }
}
