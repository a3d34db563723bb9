import { once } from "node:events";
import { TransientError } from "@lethe/contracts/errors";
import { afterAll, expect, inject, it } from "vitest";
import { vacuumErasedTables } from "./erasures/vacuum-erased-tables.js";
import { borrow, createPool, type Queryable, withConnection } from "./pool.js";

const pool = createPool(inject("databaseUrl"), 4, "lethe-pool");
const other = createPool(inject("databaseUrl"), 1, "lethe-pool-other");
afterAll(async () => {
  await pool.end();
  await other.end();
});

async function terminate(client: Queryable): Promise<void> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  await other.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

it("lends no connection but by functions that notice when it is lost", () => {
  // @ts-expect-error: a pool has no `connect`.
  const lendUnwatched = pool.connect;
  expect(lendUnwatched).toBeDefined();
});

it("notices that a connection was lost, though the work did not, and leaves the pool usable", async () => {
  const lost = withConnection(pool, async (client, signal) => {
    await terminate(client);
    await untilAborted(signal);
    return "done";
  });
  await expect(lost).rejects.toThrow(TransientError);
  expect((await pool.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
});

it("converts what a statement throws on a lost connection", async () => {
  const lost = withConnection(pool, async (client) => {
    await client.query("select pg_terminate_backend(pg_backend_pid())");
  });
  await expect(lost).rejects.toThrow(TransientError);
  const { client, release } = await borrow(pool);
  expect((await client.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
  release();
});

it("tells a borrower, and outlives a connection that is lost as it is given back", async () => {
  const { client, lost, release } = await borrow(pool);
  await terminate(client);
  await untilAborted(lost);
  expect(lost.reason).toBeInstanceOf(TransientError);
  release();
  const again = await borrow(pool);
  await terminate(again.client);
  again.release();
  await expect
    .poll(() =>
      pool.query("select 1 as n").then(
        ({ rows }) => rows[0]?.n,
        () => undefined,
      ),
    )
    .toBe(1);
});

it("throws TransientError when the connection is lost during VACUUM", async () => {
  await pool.query("create table public.kept_busy (n integer)");
  const holder = await borrow(pool);
  await holder.client.query("begin; lock table public.kept_busy in access exclusive mode");
  const vacuuming = expect(vacuumErasedTables(pool, ["public.kept_busy"])).rejects.toThrow(TransientError);
  await expect
    .poll(async () => {
      const { rowCount } = await other.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like 'vacuum%' and wait_event_type = 'Lock'",
      );
      return rowCount;
    })
    .toBe(1);
  await vacuuming;
  await holder.client.query("rollback");
  holder.release();
  await vacuumErasedTables(pool, ["public.kept_busy"]);
});
