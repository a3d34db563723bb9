import { TransientError } from "@lethe/contracts/errors";
import { afterAll, expect, inject, it } from "vitest";
import { lockInTransaction, tryLockInTransaction, withSessionLock } from "./advisory-lock.js";
import { createPool, inTransaction } from "./pool.js";

const pool = createPool(inject("databaseUrl"), 4, "lethe-advisory-lock");
const other = createPool(inject("databaseUrl"), 1, "lethe-advisory-lock-other");
afterAll(async () => {
  await pool.end();
  await other.end();
});

/** Resolves when a session waits for an advisory lock that the process `pid` holds. */
async function untilWaitedFor(pid: number): Promise<void> {
  for (;;) {
    const { rows } = await other.query(
      "select from pg_stat_activity where wait_event_type = 'Lock' and $1 = any (pg_blocking_pids(pid))",
      [pid],
    );
    if (rows.length > 0) return;
  }
}

async function pidOf(client: { query: typeof pool.query }): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid ?? 0;
}

it("lets the second holder begin when the first has ended", async () => {
  const steps: string[] = [];
  let second: Promise<void> | undefined;
  await withSessionLock(pool, "one", async (client) => {
    second = withSessionLock(pool, "one", async () => {
      steps.push("second");
    });
    await untilWaitedFor(await pidOf(client));
    steps.push("first");
  });
  await second;
  expect(steps).toEqual(["first", "second"]);
});

it("frees the lock when the work fails, and passes its error on", async () => {
  const failing = withSessionLock(pool, "two", () => Promise.reject(new RangeError("the work failed")));
  await expect(failing).rejects.toThrow(new RangeError("the work failed"));
  await inTransaction(other, async (client) => {
    expect(await tryLockInTransaction(client, "two")).toBe(true);
  });
});

it("throws TransientError when the connection that held the lock was lost, and leaves the pool usable", async () => {
  const lost = withSessionLock(pool, "three", async (client) => {
    const ended = new Promise((resolve) => client.once("end", resolve));
    await other.query("select pg_terminate_backend($1)", [await pidOf(client)]);
    await ended;
    return "done";
  });
  await expect(lost).rejects.toThrow(TransientError);
  expect(await withSessionLock(pool, "three", async () => "again")).toBe("again");
});

it("stops waiting for the lock when the signal aborts", async () => {
  const stop = new AbortController();
  await withSessionLock(pool, "four", async (client) => {
    const waiting = withSessionLock(pool, "four", async () => "never", stop.signal);
    await Promise.all([expect(waiting).rejects.toThrow("enough"), untilWaitedFor(await pidOf(client)).then(abort)]);
  });
  function abort() {
    stop.abort(new Error("enough"));
  }
});

it("excludes transactions from one another by the same name", async () => {
  await inTransaction(pool, async (client) => {
    await lockInTransaction(client, "five");
    await inTransaction(other, async (stranger) => {
      expect(await tryLockInTransaction(stranger, "five")).toBe(false);
      expect(await tryLockInTransaction(stranger, "six")).toBe(true);
    });
  });
});
