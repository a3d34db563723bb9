import { setTimeout } from "node:timers/promises";
import type { Cluster } from "../cluster/cluster.js";
import type { Fault } from "../fault.js";

/** Connections that something holds outside of a transaction, by what it holds them for. */
const HELD = {
  "the erasures":
    "pid in (select pid from pg_locks where locktype = 'advisory' and granted) and application_name = 'lethe-loader' and state = 'idle'",
  "an extraction":
    "pid in (select pid from pg_locks where locktype = 'advisory' and granted) and application_name = 'lethe-extractor'",
  vacuum: "query like 'vacuum%'",
  listening: "query like 'listen%' and application_name <> 'lethe-drills'",
  "a start": "application_name = 'lethe-migrate'",
} as const;

/** How often connections of one kind are ended in a round: more could use up the retries of a job, and its run would rightly fail. */
const TIMES = 2;
const LOOK_MS = 5;

/** Ends connections that are held outside of a transaction, whenever there is one, all through a round. */
export function endHeldConnections(): Fault {
  let watching = new AbortController();
  let ended: Promise<ReadonlyMap<string, number>> = Promise.resolve(new Map());
  const stop = async (): Promise<string> => {
    watching.abort();
    return [...(await ended)].map(([kind, n]) => `${kind}: ${n}`).join(", ");
  };
  return {
    name: "pg_terminate_backend of held connections",
    async prepare({ cluster }) {
      watching = new AbortController();
      ended = endAll(cluster, watching.signal);
    },
    async inject({ cluster, untilInjectionPoint }) {
      await untilInjectionPoint();
      // So that there is a start.
      for (const place of cluster.places("loader")) place.kill();
    },
    async conclude({ note }) {
      note(await stop());
      return [];
    },
    async abandon() {
      await stop();
    },
  };
}

async function endAll({ pool }: Cluster, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const ended = new Map<string, number>();
  while (!signal.aborted) {
    for (const [kind, condition] of Object.entries(HELD)) {
      const before = ended.get(kind) ?? 0;
      if (before >= TIMES) continue;
      const found = await pool
        .query(`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and ${condition}`)
        // In a storm the server may be away.
        .catch(() => ({ rows: [] }));
      if (found.rows.length > 0) ended.set(kind, before + 1);
    }
    await setTimeout(LOOK_MS);
  }
  return ended;
}
