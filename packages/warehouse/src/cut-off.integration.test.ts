import { Readable } from "node:stream";
import { afterAll, beforeEach, expect, inject, it } from "vitest";
import { copyIn } from "./copy-in.js";
import { createPool, inTransaction } from "./pool.js";

const LOCK = 8_150_815;
const pool = createPool(inject("databaseUrl"), 4, "lethe-cut-off");
const other = createPool(inject("databaseUrl"), 2, "lethe-cut-off-other");
afterAll(async () => {
  await pool.end();
  await other.end();
});

let stop: AbortController;
beforeEach(() => {
  stop = new AbortController();
});

/** The lock of a transaction that was cut off must be free soon, though its statement had an hour to go. */
async function expectLockFree(): Promise<void> {
  await inTransaction(other, async (client) => {
    await client.query("set local lock_timeout = '5s'");
    await client.query("select pg_advisory_xact_lock($1)", [LOCK]);
  });
}

const SLEEPS_THROUGH_CANCEL = `do $$ begin
  perform pg_sleep(3600);
exception when query_canceled then
  perform pg_sleep(3600);
end $$`;

it.each([
  ["the statement at work on the server", "select pg_sleep(3600)"],
  ["a statement that no cancel request would end", SLEEPS_THROUGH_CANCEL],
])("ends %s, so that its locks are free soon", async (_what, statement) => {
  const sleeping = inTransaction(
    pool,
    async (client) => {
      await client.query("select pg_advisory_xact_lock($1)", [LOCK]);
      setImmediate(() => stop.abort(new Error("stop")));
      await client.query(statement);
    },
    stop.signal,
  );
  await expect(sleeping).rejects.toThrow("stop");
  await expectLockFree();
});

it("ends a COPY in the middle", async () => {
  const copying = inTransaction(
    pool,
    async (client) => {
      await client.query("select pg_advisory_xact_lock($1)", [LOCK]);
      await client.query("create temp table half_way (n text)");
      const rows = async function* () {
        for (let n = 0; ; n++) {
          if (n === 100) stop.abort(new Error("stop"));
          yield Buffer.from(`${n}\n`.repeat(1_000));
        }
      };
      await copyIn(client, "half_way", ["n"], Readable.from(rows()));
    },
    stop.signal,
  );
  await expect(copying).rejects.toThrow("stop");
  await expectLockFree();
});

it("ends a transaction that is between two statements, and gives its connection to nobody", async () => {
  const pausing = inTransaction(
    pool,
    async (client) => {
      await client.query("select pg_advisory_xact_lock($1)", [LOCK]);
      stop.abort(new Error("stop"));
      await client.query("select 1");
    },
    stop.signal,
  );
  await expect(pausing).rejects.toThrow("stop");
  await expectLockFree();
  expect(await inTransaction(pool, async (client) => (await client.query("select 2 as n")).rows)).toEqual([{ n: 2 }]);
});

it("begins nothing once it is stopped", async () => {
  stop.abort(new Error("stop"));
  let began = false;
  const late = inTransaction(
    pool,
    async () => {
      began = true;
    },
    stop.signal,
  );
  await expect(late).rejects.toThrow("stop");
  expect(began).toBe(false);
});
