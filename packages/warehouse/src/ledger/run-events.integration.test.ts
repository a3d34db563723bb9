import { randomUUID } from "node:crypto";
import { describe, expect, onTestFinished } from "vitest";
import { it } from "../../test/ledger-database.js";
import type { Pool } from "../pool.js";
import { announceRun, listenToEveryRun, listenToRun } from "./run-events.js";

/** Listens to a run until the test ends. */
async function listen(pool: Pool, runId: string) {
  const listener = await listenToRun(pool, runId);
  onTestFinished(() => listener.stop());
  return listener;
}

describe("listenToRun", () => {
  it("hears of its run: at once if that was announced since it last asked", async ({ pool }) => {
    const runId = randomUUID();
    const listener = await listen(pool, runId);
    const waiting = listener.nextChange();
    await announceRun(pool, runId);
    await waiting;
    await announceRun(pool, runId);
    await listener.nextChange();
  });

  it("hears nothing of other runs", async ({ pool }) => {
    const [runId, otherId] = [randomUUID(), randomUUID()];
    const [listener, other] = [await listen(pool, runId), await listen(pool, otherId)];
    const heard: string[] = [];
    const first = listener.nextChange().then(() => heard.push("own"));
    await announceRun(pool, otherId);
    await other.nextChange();
    heard.push("other");
    await announceRun(pool, runId);
    await first;
    expect(heard).toEqual(["other", "own"]);
  });

  it("hears of what a transaction did when that commits, and never of what was rolled back", async ({
    pool,
    client,
  }) => {
    const [runId, otherId] = [randomUUID(), randomUUID()];
    const every = await listenToEveryRun(pool);
    onTestFinished(() => every.stop());
    const [undone, done] = [await listen(pool, runId), await listen(pool, otherId)];
    let isTold = false;
    const wrongly = undone.nextChange().then(
      () => (isTold = true),
      () => undefined,
    );
    await announceRun(client, runId);
    await client.query("rollback; begin");
    await announceRun(client, otherId);
    await client.query("commit");
    await done.nextChange();
    await every.nextChange();
    expect(isTold).toBe(false);
    await announceRun(pool, runId);
    await wrongly;
  });

  it("counts a lost connection as a change, also in a wait that had begun, and hears on over another", async ({
    pool,
  }) => {
    const runId = randomUUID();
    const listener = await listen(pool, runId);
    const waiting = listener.nextChange();
    const { rowCount } = await pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and query like 'listen%' and pid <> pg_backend_pid()`,
    );
    expect(rowCount).toBe(1);
    await waiting;
    const heard = listener.nextChange();
    await announceRun(pool, runId);
    await heard;
    expect((await pool.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
  });

  it("gives a connection back that listens no more", async ({ pool }) => {
    const listener = await listenToRun(pool, randomUUID());
    await listener.stop();
    expect(pool.idleCount).toBe(pool.totalCount);
    const { rows } = await pool.query("select pg_listening_channels() as channel");
    expect(rows).toEqual([]);
  });
});

describe("listenToEveryRun", () => {
  it("hears of each run", async ({ pool }) => {
    const listener = await listenToEveryRun(pool);
    onTestFinished(() => listener.stop());
    for (const runId of [randomUUID(), randomUUID()]) {
      await announceRun(pool, runId);
      await listener.nextChange();
    }
    const waiting = listener.nextChange().then(() => "heard");
    expect(await Promise.race([waiting, pool.query("select").then(() => "silence")])).toBe("silence");
    await announceRun(pool, randomUUID());
    await waiting;
  });
});
