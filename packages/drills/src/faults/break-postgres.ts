import { setTimeout } from "node:timers/promises";
import { below } from "@lethe/sample-data/random";
import type { Pool } from "@lethe/warehouse/pool";
import type { Fault } from "../fault.js";

/** Kills the server, as a power cut would, and starts it again on the same data. */
export const crashPostgres: Fault = {
  name: "PostgreSQL killed, started again",
  async inject({ cluster, random, untilInjectionPoint }) {
    await untilInjectionPoint();
    await cluster.servers.postgres.kill();
    await setTimeout(below(random, 1_000));
    await cluster.servers.postgres.start();
  },
};

/** Refuses connections to the server for a while. */
export const cutPostgres: Fault = {
  name: "PostgreSQL unreachable",
  async inject({ cluster, outageMs, untilInjectionPoint }) {
    await untilInjectionPoint();
    await cluster.servers.postgres.proxy.cut();
    // If it lasted longer than the retries of a job, the run would rightly fail. This fault is about what recovers.
    await setTimeout(Math.min(outageMs, 5_000));
    await cluster.servers.postgres.proxy.restore();
  },
};

/** Ends connections in the middle of COPY, then those in other statements. */
export const terminateBackends: Fault = {
  name: "pg_terminate_backend in COPY",
  async inject({ cluster, note, untilInjectionPoint }) {
    await untilInjectionPoint();
    const inCopy = await terminate(cluster.pool, "query ilike 'copy%' and state = 'active'", 3_000);
    const others = await terminate(cluster.pool, "state in ('active', 'idle in transaction')", 500);
    note(`${inCopy} in COPY, ${others} in other statements`);
  },
};

/** Ends the services' connections that meet a condition; waits up to `timeoutMs` for the first. Returns how many it ended. */
async function terminate(pool: Pool, condition: string, timeoutMs: number): Promise<number> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const { rows } = await pool.query<{ ended: boolean }>(
      `select pg_terminate_backend(pid) as ended from pg_stat_activity
       where application_name like 'lethe-%' and application_name not like 'lethe-drills%' and ${condition}`,
    );
    if (rows.length > 0 || performance.now() > deadline) return rows.length;
  }
}

const FAILURES = 4;

/** Lets the first updates of batches fail as a serializable transaction may. */
export const serializationFailure: Fault = {
  name: "serialization failures",
  async inject({ cluster, untilInjectionPoint }) {
    await untilInjectionPoint();
    // A sequence, because its count survives the rollback of the transaction that raised it.
    await cluster.pool.query(`
      create sequence public.drill_failures;
      grant all on sequence public.drill_failures to public;
      create function public.drill_fail() returns trigger language plpgsql as $$
      begin
        if nextval('public.drill_failures') <= ${FAILURES} then
          raise exception 'could not serialize access' using errcode = 'serialization_failure';
        end if;
        return null;
      end $$;
      create trigger drill_fail after update on ledger.batches for each statement execute function public.drill_fail();`);
  },
  async conclude({ cluster, note }) {
    // In a storm PostgreSQL may have been away when it was to begin.
    const { rows } = await cluster.pool.query<{ n: number | null }>(
      "select pg_sequence_last_value(to_regclass('public.drill_failures')) as n",
    );
    note(`${Math.min(FAILURES, rows[0]?.n ?? 0)} failures`);
    await cluster.pool.query(
      "drop function if exists public.drill_fail cascade; drop sequence if exists public.drill_failures",
    );
    return [];
  },
};
