import { randomUUID } from "node:crypto";
import { RunActiveError } from "@lethe/contracts/errors";
import { RUN_STATES } from "@lethe/contracts/runs";
import { describe, expect } from "vitest";
import { it, LOCKED } from "../../test/ledger-database.js";
import { addRun, readRow, readRows } from "../../test/ledger-rows.js";
import { openRun, recordSkippedRun } from "./open-run.js";

const REQUEST = { job: "customers", kind: "files", trigger: "api" } as const;

describe("openRun", () => {
  it("opens a queued run with what was asked for", async ({ pool }) => {
    const filter = { reason: "unknown_sku" } as const;
    const id = await openRun(pool, {
      ...REQUEST,
      kind: "replay",
      from: "2020-01-01",
      force: true,
      replayFilter: filter,
    });
    expect(await readRow(pool, "ledger.runs", id)).toMatchObject({
      ...{ job: "customers", kind: "replay", trigger: "api", state: "queued" },
      ...{ range_from: "2020-01-01", range_to: null, force: true, replay_filter: filter },
    });
  });

  it.for(RUN_STATES.slice(0, 4))("names the run of the job and kind that is %s", async (state, { pool }) => {
    const active = await addRun(pool, { state });
    const refused = openRun(pool, REQUEST);
    await expect(refused).rejects.toThrow(RunActiveError);
    await expect(refused).rejects.toMatchObject({ job: "customers", activeRunId: active });
    expect(await readRows(pool, "ledger.runs", "id")).toEqual([{ id: active }]);
  });

  it.for(RUN_STATES.slice(4))("opens a run beside a closed one: %s", async (state, { pool }) => {
    await addRun(pool, { state });
    expect(await readRow(pool, "ledger.runs", await openRun(pool, REQUEST))).toMatchObject({ state: "queued" });
  });

  it("opens runs of another kind and of other jobs beside an open one", async ({ pool }) => {
    const ids = [
      await openRun(pool, REQUEST),
      await openRun(pool, { ...REQUEST, kind: "replay" }),
      await openRun(pool, { ...REQUEST, job: "products" }),
    ];
    expect(new Set(ids).size).toBe(3);
  });

  it("opens one run when many are asked for at once, and tells the others of it", async ({ pool }) => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => openRun(pool, REQUEST)));
    const opened = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const told = results.flatMap((result) => (result.status === "rejected" ? [result.reason.activeRunId] : []));
    expect(opened).toHaveLength(1);
    expect(told).toEqual(Array(7).fill(opened[0]));
  });

  it("waits for a run that is being opened: it may come to nothing", async ({ pool, client, hasty }) => {
    await openRun(client, REQUEST);
    await expect(openRun(hasty, REQUEST)).rejects.toMatchObject(LOCKED);
    const waiting = openRun(pool, REQUEST);
    await client.query("rollback");
    const id = await waiting;
    expect(await readRows(pool, "ledger.runs", "id")).toEqual([{ id }]);
  });
});

describe("openRun with an id", () => {
  it.for(RUN_STATES)("opens one run for a request that is made again, be the first %s", async (state, { pool }) => {
    const id = randomUUID();
    await addRun(pool, { id, state });
    expect(await openRun(pool, { ...REQUEST, id })).toBe(id);
    expect(await readRows(pool, "ledger.runs", "id")).toEqual([{ id }]);
  });

  it("names another run that is active", async ({ pool }) => {
    const active = await openRun(pool, REQUEST);
    await expect(openRun(pool, { ...REQUEST, id: randomUUID() })).rejects.toMatchObject({ activeRunId: active });
  });
});

describe("recordSkippedRun", () => {
  it("leaves a closed run that names the open one, and keeps nobody from the job", async ({ pool }) => {
    const active = await addRun(pool, { job: "products" });
    const skipped = randomUUID();
    await recordSkippedRun(pool, skipped, "customers", active);
    await recordSkippedRun(pool, skipped, "customers", active);
    const row = await readRow(pool, "ledger.runs", skipped);
    expect(row).toMatchObject({ kind: "files", trigger: "schedule", state: "skipped", error_code: "run_active" });
    expect(row.error_message).toContain(active);
    expect(row.finished_at).not.toBeNull();
    expect(await openRun(pool, REQUEST)).not.toBe(skipped);
  });
});
