import { setTimeout } from "node:timers/promises";
import { below } from "@lethe/sample-data/random";
import type { Pool } from "@lethe/warehouse/pool";
import type { Fault } from "../fault.js";

export const crashPostgres: Fault = {
  name: "PostgreSQL killed, started again",
  async fault({ cluster, random, untilInjectionPoint }) {
    await untilInjectionPoint();
    await cluster.servers.postgres.kill();
    await setTimeout(below(random, 1_000));
    await cluster.servers.postgres.start();
  },
};

export const cutPostgres: Fault = {
  name: "PostgreSQL unreachable",
  async fault({ cluster, outageMs, untilInjectionPoint }) {
    await untilInjectionPoint();
    await cluster.servers.postgres.proxy.cut();
    // Longer than the retries of a job last would be a failed run, as it should be; this is about what heals.
    await setTimeout(Math.min(outageMs, 5_000));
    await cluster.servers.postgres.proxy.restore();
  },
};

export const terminateBackends: Fault = {
  name: "pg_terminate_backend in COPY",
  async fault({ cluster, note, untilInjectionPoint }) {
    await untilInjectionPoint();
    const inCopy = await terminate(cluster.pool, "query ilike 'copy%' and state = 'active'", 3_000);
    const others = await terminate(cluster.pool, "state in ('active', 'idle in transaction')", 500);
    note(`${inCopy} in COPY, ${others} in other statements`);
  },
};

/** Ends services' connections in such a state; looks for one for so many milliseconds. Returns how many it ended. */
async function terminate(pool: Pool, condition: string, timeoutMs: number): Promise<number> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    // One backend that looks for others in a loop is quicker than asking again and again from here.
    const { rows } = await pool.query<{ ended: boolean }>(
      `select pg_terminate_backend(pid) as ended from pg_stat_activity
       where application_name like 'lethe-%' and application_name not like 'lethe-drills%' and ${condition}`,
    );
    if (rows.length > 0 || performance.now() > deadline) return rows.length;
  }
}

const FAILURES = 4;

export const serializationFailure: Fault = {
  name: "serialization failures",
  async fault({ cluster, untilInjectionPoint }) {
    await untilInjectionPoint();
    // A sequence counts on when the transaction that asked it is rolled back.
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
    const { rows } = await cluster.pool.query<{ n: number }>("select last_value as n from public.drill_failures");
    note(`${Math.min(FAILURES, rows[0]?.n ?? 0)} failures`);
    await cluster.pool.query("drop function public.drill_fail cascade; drop sequence public.drill_failures");
    return [];
  },
};
