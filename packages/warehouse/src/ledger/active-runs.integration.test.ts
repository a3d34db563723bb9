import { randomUUID } from "node:crypto";
import { RUN_STATES } from "@lethe/contracts/runs";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addBatch, addRun } from "../../test/ledger-rows.js";
import type { Pool } from "../pool.js";
import { oldestActiveRunSeconds, readActiveRuns, whichAreActive } from "./active-runs.js";

/** Adds a run of each state, each of a job of its own; returns the ids by state. */
async function addRunOfEachState(pool: Pool): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const state of RUN_STATES) ids[state] = await addRun(pool, { job: `job ${state}`, state });
  return ids;
}

describe("readActiveRuns", () => {
  it("returns the runs that are queued, extracting, processing or finishing, and no others", async ({ pool }) => {
    const { queued, extracting, processing, finishing } = await addRunOfEachState(pool);
    const runs = await readActiveRuns(pool);
    expect(runs.map(({ runId }) => runId)).toEqual([queued, extracting, processing, finishing]);
  });

  it("returns the oldest run first", async ({ pool }) => {
    const newer = await addRun(pool, { requested_at: "2020-01-02T00:00:00Z" });
    const older = await addRun(pool, { kind: "replay", requested_at: "2020-01-01T00:00:00Z" });
    expect(await readActiveRuns(pool)).toMatchObject([
      { runId: older, kind: "replay" },
      { runId: newer, kind: "files" },
    ]);
  });

  it("names the batches that are not loaded, in their order, and says whether more may come", async ({ pool }) => {
    const runId = await addRun(pool, { extracted_at: "2020-01-01T00:00:00Z" });
    const second = await addBatch(pool, runId, { number: 2, state: "staged" });
    const first = await addBatch(pool, runId, { number: 1, state: "transformed" });
    for (const state of ["loaded", "failed", "cancelled"]) await addBatch(pool, runId, { state });
    const unextracted = await addRun(pool, { job: "products", state: "extracting" });
    expect(await readActiveRuns(pool)).toEqual([
      { runId, kind: "files", extracted: true, batchIds: [first, second], transformedIds: [first] },
      { runId: unextracted, kind: "files", extracted: false, batchIds: [], transformedIds: [] },
    ]);
  });
});

describe("oldestActiveRunSeconds", () => {
  it("is 0 where no run is open, however old the closed ones are", async ({ pool }) => {
    await addRun(pool, { state: "failed", requested_at: "2020-01-01T00:00:00Z" });
    expect(await oldestActiveRunSeconds(pool)).toBe(0);
  });

  it("is the age of the oldest of the open runs", async ({ pool }) => {
    await addRun(pool, { requested_at: new Date(Date.now() - 60_000) });
    await addRun(pool, { job: "products", state: "queued", requested_at: new Date(Date.now() - 3_600_000) });
    const seconds = await oldestActiveRunSeconds(pool);
    expect(seconds).toBeGreaterThan(3_590);
    expect(seconds).toBeLessThan(3_660);
  });
});

describe("whichAreActive", () => {
  it("returns of the runs that it is given those that are open", async ({ pool }) => {
    const { queued, extracting, processing, finishing, ...closed } = await addRunOfEachState(pool);
    const asked = [String(queued), String(extracting), String(processing), ...Object.values(closed)];
    expect(await whichAreActive(pool, asked)).toEqual(new Set([queued, extracting, processing]));
    expect(await whichAreActive(pool, [String(finishing)])).toEqual(new Set([finishing]));
  });

  it("takes what is no run's id for the name of no run", async ({ pool }) => {
    expect(await whichAreActive(pool, [randomUUID(), "not an id", ""])).toEqual(new Set());
    expect(await whichAreActive(pool, [])).toEqual(new Set());
  });
});
