import { setTimeout } from "node:timers/promises";
import type { ServiceName } from "@lethe/contracts/services";
import { below } from "@lethe/sample-data/random";
import { borrow } from "@lethe/warehouse/pool";
import type { Cluster } from "../cluster/cluster.js";
import type { Fault } from "../fault.js";

const SEEN_WITHIN_MS = 10_000;
/** A job whose worker is stopped goes to another one after two locks (LETHE_LOCK_SECONDS of a drill). */
const TAKEN_WITHIN_MS = 30_000;
/** For as long as both are awake. */
const BESIDE_MS = 2_000;
const LOOK_MS = 10;
/** Redis is so slow that an extractor spends most of its time between two batches, where it enqueues one. */
const SLOW_MS = 200;
/** What an extractor stages of a large file takes longer at that pace. */
const STAGING_MS = 2_000;
/** A small erasure searches for some tenths of a second. */
const SEARCHING_MS = 250;

/**
 * Stops an extractor in the middle of its work and has its locks forgotten, as it is with a machine that hangs and comes back. Once
 * another one has taken the run over, the first wakes and goes on where it was, and nothing tells it that its lock is lost.
 */
export const wakeStoppedExtractor: Fault = {
  name: "a stopped extractor wakes beside its successor",
  during: "sales",
  async inject({ cluster, random, note }) {
    const { proxy } = cluster.servers.redis;
    proxy.slow(SLOW_MS);
    const extraction = await untilFound(cluster, SELECT_EXTRACTION);
    await setTimeout(below(random, STAGING_MS));
    await wakeBesideSuccessor(cluster, "extractor", {
      async whileStopped() {
        await proxy.restore();
        const isTaken = extraction !== undefined && (await untilFound(cluster, SELECT_TAKEN, extraction)) !== undefined;
        note(extraction === undefined ? "nothing was being extracted" : isTaken ? "taken over" : "not taken over");
        // The answers of Redis come late again, so that the first one's work is not cut short by what BullMQ learns.
        proxy.slow(SLOW_MS);
      },
    });
    await proxy.restore();
  },
  conclude: closeExtraPlaces,
};

/**
 * Does the same with a loader in the middle of erasures: while it searches, or when all is searched and the receipts are yet to be
 * written.
 */
export const wakeStoppedLoader: Fault = {
  name: "a stopped loader wakes beside its successor in an erasure",
  during: "requests",
  async inject({ cluster, random, note }) {
    const held = below(random, 2) === 0 ? await holdVacuum(cluster) : undefined;
    try {
      const erasure = await untilFound(cluster, held === undefined ? SELECT_ERASING : SELECT_VACUUM_WAITS);
      if (held === undefined) await setTimeout(below(random, SEARCHING_MS));
      await wakeBesideSuccessor(cluster, "loader", {
        onStopped: held,
        async whileStopped() {
          const isTaken = erasure !== undefined && (await untilFound(cluster, SELECT_ERASURES_TAKEN, erasure));
          const when = held === undefined ? "while it searched" : "before its receipts";
          note(erasure === undefined ? "nothing was being erased" : `${isTaken ? "" : "not "}taken over ${when}`);
        },
      });
    } finally {
      await held?.();
    }
  },
  conclude: closeExtraPlaces,
};

async function closeExtraPlaces({ cluster }: { readonly cluster: Cluster }): Promise<readonly never[]> {
  await cluster.closeExtraPlaces();
  return [];
}

interface Stop {
  /** Called when the process is stopped, and before it loses what it holds. */
  readonly onStopped?: (() => Promise<void>) | undefined;
  /** Called when there is another process beside the stopped one. It wakes when this resolves. */
  readonly whileStopped: () => Promise<void>;
}

/** Stops the process of a service, which loses its locks without being told, opens another one, and wakes the first. */
async function wakeBesideSuccessor(cluster: Cluster, service: ServiceName, stop: Stop): Promise<void> {
  const [place] = cluster.places(service);
  place?.signal("SIGSTOP");
  try {
    await stop.onStopped?.();
    await forgetLocks(cluster, service);
    await cluster.openExtraPlace(service);
    await stop.whileStopped();
  } finally {
    place?.signal("SIGCONT");
  }
  await setTimeout(BESIDE_MS);
}

/**
 * Has the network forget the connections of a stopped service that hold a lock or a transaction, once their statements at work have
 * ended. The server lets go of what they hold; the service learns of it when it next sends something there.
 */
async function forgetLocks({ pool, servers }: Cluster, service: ServiceName): Promise<void> {
  const deadline = performance.now() + SEEN_WITHIN_MS;
  for (;;) {
    const { rows } = await pool.query<{ port: number; isActive: boolean }>(
      `select client_port as port, state = 'active' as "isActive" from pg_stat_activity a
       where application_name = 'lethe-' || $1
         and (state <> 'idle' or exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'advisory' and l.granted))`,
      [service],
    );
    if (!rows.some(({ isActive }) => isActive) || performance.now() > deadline) {
      servers.postgres.proxy.forget(rows.map(({ port }) => port));
      return;
    }
    await setTimeout(LOOK_MS);
  }
}

/** Keeps a table from being vacuumed until the function that it returns is called. */
async function holdVacuum({ pool }: Cluster): Promise<() => Promise<void>> {
  const { client, release } = await borrow(pool);
  await client.query("begin");
  await client.query("lock table warehouse.customers in share update exclusive mode");
  let isHeld = true;
  return async () => {
    if (!isHeld) return;
    isHeld = false;
    await client.query("rollback");
    release();
  };
}

/** Work that is fenced. */
interface Fenced {
  readonly runId: string | null;
  readonly token: number;
}

/** A run of which some batches are recorded and more will come. */
const SELECT_EXTRACTION = `
  select id as "runId", extraction_token as token from ledger.runs r
  where state = 'extracting' and exists (select from ledger.batches b where b.run_id = r.id) limit 1`;
const SELECT_TAKEN = `
  select id as "runId", extraction_token as token from ledger.runs where id = $1 and extraction_token > $2`;

/** An idle connection of a loader that holds a lock: its work goes on beside. */
const SELECT_ERASING = `
  select null as "runId", token from privacy.erasure_fence
  where exists (select from pg_stat_activity join pg_locks using (pid)
                where application_name = 'lethe-loader' and state = 'idle' and locktype = 'advisory' and granted)`;
const SELECT_VACUUM_WAITS = `
  select null as "runId", token from privacy.erasure_fence
  where exists (select from pg_stat_activity
                where application_name = 'lethe-loader' and query like 'vacuum%' and wait_event_type = 'Lock')`;
const SELECT_ERASURES_TAKEN = `
  select null as "runId", token from privacy.erasure_fence where $1::text is null and token > $2`;

/** Waits until a query finds something, and returns it; undefined when it does not in time. */
async function untilFound({ pool }: Cluster, query: string, before?: Fenced): Promise<Fenced | undefined> {
  const deadline = performance.now() + (before === undefined ? SEEN_WITHIN_MS : TAKEN_WITHIN_MS);
  while (performance.now() < deadline) {
    const { rows } = await pool.query<Fenced>(query, before === undefined ? [] : [before.runId, before.token]);
    if (rows[0] !== undefined) return rows[0];
    await setTimeout(LOOK_MS);
  }
  return undefined;
}
