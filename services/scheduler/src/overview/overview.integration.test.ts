import type { Need } from "@lethe/contracts/overview";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { parseChecks } from "@lethe/quality/checks-file";
import { HOUR_MS, hourAt, partitionOf } from "@lethe/quality/partition-hours";
import type { Pool } from "@lethe/warehouse/pool";
import { openAlert } from "@lethe/warehouse/quality/alerts";
import { addLate } from "@lethe/warehouse/quality/late-partitions";
import { describe, expect } from "vitest";
import { it } from "../../../../packages/warehouse/test/ledger-database.js";
import { addErasure, addFile, addQuarantined, addRun } from "../../../../packages/warehouse/test/ledger-rows.js";
import { partitionName } from "../quality/partition-name.js";
import { readOverview } from "./read-overview.js";

const datasets = createDatasets();
const NOW = new Date("2026-03-20T10:20:00Z");
const CHECKS = "datasets: { customers: { quality: [{ metric: freshness, mustBeLessThan: 2 }] } }";

function overviewOf(pool: Pool, { now = NOW, checks }: { readonly now?: Date; readonly checks?: string } = {}) {
  const dataChecks = parseChecks(checks, datasets.checkedFields);
  return readOverview({ pool, datasets, schedules: { on: true, subMinute: false }, dataChecks }, now);
}

async function ofCustomers(...[pool, options]: Parameters<typeof overviewOf>) {
  return (await overviewOf(pool, options)).jobs.find(({ job }) => job === "customers");
}

async function needsOf(pool: Pool, what: Need) {
  return (await overviewOf(pool)).needsSomebody.filter((need) => need.what === what);
}

/** Records partitions of customers as come, ten minutes after the end of their hour. */
async function addCome(pool: Pool, hours: readonly number[]): Promise<void> {
  await pool.query(
    `insert into ledger.partition_stats (dataset, partition_date, partition_hour, files, bytes, records_in, records_loaded,
       records_rejected, duplicates, late_references, faults, faults_of, nulls, missing, first_arrived_at, counted_at)
     select 'customers', date, hour, 1, 1, 1, 1, 0, 0, 0, 0, '{}', '{}', '{}', at, at
     from unnest($1::date[], $2::smallint[], $3::timestamptz[]) as come (date, hour, at)`,
    [
      hours.map((hour) => partitionOf(hour).date),
      hours.map((hour) => partitionOf(hour).hour),
      hours.map((hour) => new Date((hour + 1) * HOUR_MS + 10 * 60_000)),
    ],
  );
}

const LAST = hourAt(NOW) - 1;
const EACH_HOUR = Array.from({ length: 15 * 24 }, (_, i) => LAST - 15 * 24 + 1 + i);

describe("the overview", () => {
  it("shows each job, and nothing that waits, where nothing has ever come", async ({ pool }) => {
    const { jobs, needsSomebody, at } = await overviewOf(pool);
    expect(jobs.map(({ job }) => job)).toEqual(datasets.names);
    expect(jobs[0]).toMatchObject({
      schedule: { words: "Every hour", timezone: "Europe/Zagreb", nextAt: "2026-03-20T11:00:00.000Z" },
      lastRun: null,
      activeRunId: null,
      freshness: { newestPartition: null, lastLoadedAt: null, nextPartition: null, deadline: null, late: false },
      last24Hours: { in: 0, loaded: 0, rejected: 0 },
    });
    expect(jobs.find(({ job }) => job === "erasure-requests")?.schedule.words).toBe("At 01:00, every day");
    expect({ needsSomebody, at }).toEqual({ needsSomebody: [], at: NOW.toISOString() });
  });

  it("adds up what was loaded in the last 24 hours", async ({ pool }) => {
    const runId = await addRun(pool, { state: "succeeded" });
    const counts = { state: "done", records_in: 10, records_loaded: 7, records_rejected: 3 };
    await addFile(pool, runId, { ...counts, done_at: "2026-03-19T10:19:59Z" });
    await addFile(pool, runId, { ...counts, done_at: "2026-03-19T10:20:00Z" });
    await addFile(pool, runId, { ...counts, done_at: "2026-03-20T10:00:00Z" });
    await addFile(pool, runId, { ...counts, done_at: "2026-03-20T10:00:00Z", dataset: "products" });
    expect(await ofCustomers(pool)).toMatchObject({
      lastRun: { id: runId },
      last24Hours: { in: 20, loaded: 14, rejected: 6 },
      freshness: { lastLoadedAt: "2026-03-20T10:00:00.000Z" },
    });
  });

  it("names the partition that is expected next, and by when", async ({ pool }) => {
    await addCome(pool, EACH_HOUR);
    expect((await ofCustomers(pool))?.freshness).toEqual({
      newestPartition: "2026-03-20T09",
      lastLoadedAt: null,
      nextPartition: "2026-03-20T10",
      // Ten minutes as usual, and half an hour.
      deadline: "2026-03-20T11:40:00.000Z",
      late: false,
      latePartitions: 0,
      missingPartitions: 0,
    });
  });

  it("is late from the first deadline that has passed on", async ({ pool }) => {
    await addCome(pool, EACH_HOUR);
    const alert = { dataset: "customers", kind: "arrival", cause: "arrival", message: "", partition: null } as const;
    const alertId = await openAlert(pool, alert, NOW);
    for (const [hour, dueAt] of [
      [8, "2026-03-20T09:40:00Z"],
      [9, "2026-03-20T10:10:00Z"],
    ] as const) {
      const late = { partition: { date: "2026-03-20", hour }, dueAt: new Date(dueAt), missingAt: NOW, alertId };
      await addLate(pool, "customers", late);
    }
    await pool.query("update ledger.late_partitions set state = 'missing' where partition_hour = 8");
    expect((await ofCustomers(pool))?.freshness).toMatchObject({
      nextPartition: "2026-03-20T08",
      deadline: "2026-03-20T09:40:00.000Z",
      late: true,
      latePartitions: 1,
      missingPartitions: 1,
    });
    expect(await needsOf(pool, "arrival_alerts")).toEqual([
      {
        what: "arrival_alerts",
        dataset: "customers",
        count: 1,
        list: "/alerts?dataset=customers&kind=arrival&state=open",
      },
    ]);
  });

  it("takes the age that the checks file allows as a deadline, too", async ({ pool }) => {
    await addCome(pool, [LAST]);
    const { date, hour } = partitionOf(LAST);
    expect(partitionName({ date, hour })).toBe("2026-03-20T09");
    expect((await ofCustomers(pool, { checks: CHECKS }))?.freshness).toMatchObject({
      nextPartition: null,
      deadline: "2026-03-20T12:00:00.000Z",
      late: false,
    });
    const later = new Date("2026-03-20T12:00:01Z");
    expect((await ofCustomers(pool, { checks: CHECKS, now: later }))?.freshness.late).toBe(true);
  });
});

describe("what waits for somebody", () => {
  it("counts failed runs until a later run of the job and kind succeeds", async ({ pool }) => {
    await addRun(pool, { state: "failed", requested_at: "2026-03-20T08:00:00Z" });
    await addRun(pool, { state: "failed", requested_at: "2026-03-20T09:00:00Z" });
    await addRun(pool, { state: "succeeded", kind: "replay", requested_at: "2026-03-20T09:30:00Z" });
    await addRun(pool, { state: "failed", job: "products", requested_at: "2026-03-20T09:00:00Z" });
    await addRun(pool, { state: "succeeded", job: "products", requested_at: "2026-03-20T10:00:00Z" });
    expect(await needsOf(pool, "failed_runs")).toEqual([
      { what: "failed_runs", dataset: "customers", count: 2, list: "/runs?job=customers&state=failed" },
    ]);
    await addRun(pool, { state: "succeeded_with_warnings", requested_at: "2026-03-20T09:00:01Z" });
    expect(await needsOf(pool, "failed_runs")).toEqual([]);
  });

  it("names the run that left something in landing, only where it is the job's last", async ({ pool }) => {
    const extracted = { state: "succeeded", extracted_at: NOW };
    await addRun(pool, { ...extracted, not_taken: 7, requested_at: "2026-03-20T08:00:00Z" });
    const last = await addRun(pool, { ...extracted, not_taken: 2, requested_at: "2026-03-20T09:00:00Z" });
    await addRun(pool, { ...extracted, job: "products", not_taken: 0 });
    expect(await needsOf(pool, "not_taken")).toEqual([
      { what: "not_taken", dataset: "customers", count: 2, list: `/runs/${last}` },
    ]);
  });

  it("counts requests by who has to see to them and by what is left of their term", async ({ pool }) => {
    const runId = await addRun(pool, { job: "erasure-requests", state: "succeeded" });
    const day = 24 * HOUR_MS;
    const received = async (days: number) => {
      const at = new Date(Date.now() - days * day);
      const fileId = await addFile(pool, runId, { dataset: "erasure-requests", state: "done", created_at: at });
      return { fileId, at };
    };
    const quarantined = async (days: number, columns: object) =>
      addQuarantined(pool, runId, (await received(days)).fileId, { dataset: "erasure-requests", ...columns });
    await quarantined(1, { reason: "identity_mismatch" });
    await quarantined(28, { reason: "schema" });
    await quarantined(1, { reason: "identity_mismatch", approved_at: new Date() });
    await quarantined(40, { reason: "identity_mismatch", status: "discarded", resolved_at: new Date() });
    const { fileId, at } = await received(40);
    await addErasure(pool, runId, fileId, { kind: "request", received_at: at });
    const { needsSomebody } = await overviewOf(pool);
    expect(needsSomebody.map(({ what, count }) => [what, count])).toEqual([
      ["requests_overdue", 1],
      ["requests_due_soon", 1],
      ["requests", 2],
    ]);
    expect(new Set(needsSomebody.map(({ list }) => list))).toEqual(new Set(["/requests?open=true"]));
  });

  it("counts dead letters, questions and findings", async ({ pool }) => {
    const runId = await addRun(pool, { state: "failed", error_code: "database_error", extracted_at: NOW });
    const erasureId = await addErasure(pool, runId, await addFile(pool, runId));
    await pool.query(
      "insert into privacy.questions (id, kind) select id, 'shared_email' from privacy.subjects limit 1",
    );
    await pool.query(
      "insert into privacy.review_findings (erasure_id, kind, place, records) values ($1, 'name', 'archived_data', 1)",
      [erasureId],
    );
    const { needsSomebody } = await overviewOf(pool);
    expect(needsSomebody.map(({ what, dataset, count }) => [what, dataset, count])).toEqual([
      ["failed_runs", "customers", 1],
      ["dead_letters", null, 1],
      ["questions", null, 1],
      ["findings", null, 1],
    ]);
    await pool.query("delete from privacy.review_findings");
    await pool.query("delete from privacy.questions");
  });
});
