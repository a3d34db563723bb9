import { randomBytes } from "node:crypto";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addFile, addRun } from "../../test/ledger-rows.js";
import type { Pool } from "../pool.js";
import { openAlert } from "./alerts.js";
import { addLate, changeLate } from "./late-partitions.js";
import { readCalendar, readPartition, readPartitionFiles } from "./partition-calendar.js";

const DAY = Date.parse("2026-03-01T00:00:00Z") / 3_600_000;
const NOW = new Date("2026-03-02T00:00:00Z");

async function addOf(pool: Pool, runId: string, partition_hour: number, columns: object): Promise<number> {
  return addFile(pool, runId, { partition_date: "2026-03-01", partition_hour, ...columns });
}

async function addNotCome(pool: Pool, hours: Readonly<Record<number, "late" | "missing" | "given_up" | "arrived">>) {
  const alert = { dataset: "customers", kind: "arrival", cause: "arrival", message: "", partition: null } as const;
  const alertId = await openAlert(pool, alert, NOW);
  for (const [hour, state] of Object.entries(hours)) {
    const partition = { date: "2026-03-01", hour: Number(hour) };
    await addLate(pool, "customers", { partition, dueAt: NOW, missingAt: NOW, alertId });
    if (state !== "late") await changeLate(pool, "customers", partition, state, NOW);
  }
}

const done = { state: "done", records_in: 10, records_loaded: 10 };
const withRejects = { state: "done", records_in: 10, records_loaded: 7, records_rejected: 3 };

describe("readCalendar", () => {
  it("has a column of each hour of which anything is known", async ({ pool }) => {
    const runId = await addRun(pool);
    await addOf(pool, runId, 3, done);
    await addOf(pool, runId, 3, done);
    await addOf(pool, runId, 5, withRejects);
    await addOf(pool, runId, 5, { ...done, dataset: "products" });
    await addNotCome(pool, { 4: "missing" });
    expect(await readCalendar(pool, "customers", {})).toEqual({
      hours: [DAY + 3, DAY + 4, DAY + 5],
      states: "lmp",
      files: [2, 0, 1],
      loaded: [20, 0, 7],
      rejected: [0, 0, 3],
      failedChecks: [],
    });
  });

  it("tells the states apart, of several the one that matters most", async ({ pool }) => {
    const runId = await addRun(pool);
    const delivery = randomBytes(32);
    await addOf(pool, runId, 0, { state: "open" });
    await addOf(pool, runId, 0, withRejects);
    await addOf(pool, runId, 1, { state: "released" });
    await addOf(pool, runId, 1, done);
    await addOf(pool, runId, 2, { state: "quarantined" });
    await addOf(pool, runId, 3, { state: "quarantined" });
    await addOf(pool, runId, 3, done);
    // A later run has taken what a failed one had left.
    await addOf(pool, runId, 4, { state: "released", delivery });
    await addOf(pool, runId, 4, { ...done, delivery });
    await addNotCome(pool, { 5: "late", 6: "missing", 7: "given_up", 8: "arrived" });
    const { hours, states } = await readCalendar(pool, "customers", {});
    expect({ hours: hours.map((hour) => hour - DAY), states }).toEqual({
      hours: [0, 1, 2, 3, 4, 5, 6, 7],
      states: "rffpltmm",
    });
  });

  it("takes a range with both of its ends", async ({ pool }) => {
    const runId = await addRun(pool);
    for (let hour = 0; hour < 6; hour++) await addOf(pool, runId, hour, done);
    const at = (hour: number) => ({ date: "2026-03-01", hour });
    const hoursOf = async (range: object) =>
      (await readCalendar(pool, "customers", range)).hours.map((hour) => hour - DAY);
    expect(await hoursOf({ from: at(2), to: at(3) })).toEqual([2, 3]);
    expect(await hoursOf({ from: at(4) })).toEqual([4, 5]);
    expect(await hoursOf({ to: at(1) })).toEqual([0, 1]);
    expect(await hoursOf({ from: { date: "2026-03-02", hour: 0 } })).toEqual([]);
  });

  it("names the hours that do not pass a check", async ({ pool }) => {
    const runId = await addRun(pool);
    await addOf(pool, runId, 3, done);
    await pool.query(
      `insert into ledger.partition_stats (dataset, partition_date, partition_hour, files, bytes, records_in, records_loaded,
         records_rejected, duplicates, late_references, faults, faults_of, nulls, missing, first_arrived_at, counted_at, failed)
       values ('customers', '2026-03-01', 3, 1, 1, 1, 1, 0, 0, 0, 0, '{}', '{}', '{}', $1, $1, '{rowCount}')`,
      [NOW],
    );
    expect((await readCalendar(pool, "customers", {})).failedChecks).toEqual([DAY + 3]);
  });
});

describe("readPartition", () => {
  it("says what became of one, and when it was due", async ({ pool }) => {
    const runId = await addRun(pool);
    await addOf(pool, runId, 8, done);
    await addNotCome(pool, { 8: "arrived", 9: "missing" });
    const at = (hour: number) => ({ date: "2026-03-01", hour });
    const due = { dueAt: NOW.toISOString(), missingAt: NOW.toISOString() };
    expect(await readPartition(pool, "customers", at(8))).toEqual({
      letter: "l",
      arrivedAt: null,
      late: { state: "arrived", ...due },
    });
    expect(await readPartition(pool, "customers", at(9))).toMatchObject({ letter: "m", late: { state: "missing" } });
    expect(await readPartition(pool, "customers", at(10))).toEqual({ letter: undefined, arrivedAt: null, late: null });
  });
});

describe("readPartitionFiles", () => {
  it("has the newest files with their runs, and counts the others", async ({ pool }) => {
    const runId = await addRun(pool, { state: "failed" });
    await addOf(pool, runId, 3, done);
    const second = await addOf(pool, runId, 3, withRejects);
    await addOf(pool, runId, 4, done);
    const found = await readPartitionFiles(pool, "customers", { date: "2026-03-01", hour: 3 }, 1);
    expect(found).toMatchObject({
      files: [
        {
          id: second,
          state: "done",
          records: { in: 10, loaded: 7, rejected: 3 },
          run: { id: runId, kind: "files", state: "failed" },
          doneAt: null,
        },
      ],
      otherFiles: 1,
    });
  });
});
