import { hourAt } from "@lethe/quality/partition-hours";
import { writeResults } from "@lethe/warehouse/quality/check-results";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";

const FIRST = hourAt(new Date("2026-03-01T04:00:00Z"));
const NOW = new Date("2026-03-01T10:00:00Z");

let world: World;
let api: TestScheduler;
beforeAll(async () => {
  world = await createWorld();
  api = await world.start({ LETHE_SCHEDULES: "off" });
  // Hour by hour: 100, 200 and no records; the last came years later.
  await world.pool.query(
    `insert into ledger.partition_stats (dataset, partition_date, partition_hour, files, bytes, records_in, records_loaded,
       records_rejected, duplicates, late_references, faults, faults_of, nulls, missing, first_arrived_at, counted_at)
     values ('customers', '2026-03-01', 4, 1, 1, 100, 90, 10, 2, 0, 8, '{"email": 3}', '{"email": 1}', '{"email": 4}', '2026-03-01T05:15Z', $1),
            ('customers', '2026-03-01', 5, 1, 1, 200, 200, 0, 0, 0, 0, '{}', '{}', '{}', '2026-03-01T07:30Z', $1),
            ('customers', '2026-03-01', 6, 1, 1, 0, 0, 0, 0, 0, 0, '{}', '{}', '{}', '2028-03-01T07:30Z', $1)`,
    [NOW],
  );
  const at = (hour: number) => ({ date: "2026-03-01", hour });
  const check = { property: null, learnt: true, condition: "" } as const;
  const few = { check: "rowCount", metric: "rowCount", unit: "rows", value: 0, passed: false } as const;
  const doubles = { check: "dups", metric: "duplicateValues", unit: "rows", value: 2, passed: true } as const;
  const blank = {
    ...check,
    check: "email.missingValues",
    metric: "missingValues",
    property: "email",
    unit: "percent",
  } as const;
  await writeResults(
    world.pool,
    "customers",
    [at(4), at(5)],
    [
      { ...check, ...few, least: 120, most: 300, partition: at(4) },
      { ...check, ...few, least: 120, most: 300, passed: true, partition: at(5) },
      { ...check, ...doubles, least: null, most: 5, partition: at(4) },
      { ...blank, value: 4, least: null, most: 2.5, passed: false, partition: at(4) },
    ],
    NOW,
  );
});
afterAll(() => world.end());

const series = async (query: string) => (await api.call("GET", `/quality/series?dataset=customers&${query}`)).body;

describe("GET /quality/series", () => {
  it("has what came over time, with the bounds that were held against it", async () => {
    expect(await series("metric=rowCount")).toEqual({
      dataset: "customers",
      metric: "rowCount",
      property: null,
      unit: "rows",
      hours: [FIRST, FIRST + 1, FIRST + 2],
      values: [100, 200, 0],
      least: [120, 120, null],
      most: [300, 300, null],
      failed: [FIRST],
    });
  });

  it("shows shares in percent, the bounds of a check that counts rows too, and none of no records", async () => {
    const hours = [FIRST, FIRST + 1];
    const none = { least: [null, null], most: [null, null], failed: [] };
    expect(await series("metric=duplicateValues")).toMatchObject({
      unit: "percent",
      hours,
      values: [2, 0],
      most: [5, null],
    });
    expect(await series("metric=rejectedRows")).toMatchObject({ hours, values: [10, 0], ...none });
    expect(await series("metric=invalidValues")).toMatchObject({ hours, values: [8, 0], ...none });
    expect(await series("metric=invalidValues&property=email")).toMatchObject({ values: [3, 0], property: "email" });
    expect(await series("metric=nullValues&property=email")).toMatchObject({ values: [1, 0], ...none });
    expect(await series("metric=missingValues&property=email")).toMatchObject({
      values: [4, 0],
      most: [2.5, null],
      failed: [FIRST],
    });
  });

  it("shows how long after its hour each came, unless it is history that was loaded", async () => {
    expect(await series("metric=arrivalDelay")).toMatchObject({
      unit: "hours",
      hours: [FIRST, FIRST + 1],
      values: [0.25, 1.5],
    });
  });

  it("takes a range", async () => {
    expect(await series("metric=rowCount&from=2026-03-01T05&to=2026-03-01T05")).toMatchObject({ hours: [FIRST + 1] });
  });

  it.each([
    ["metric=x", "querystring"],
    ["metric=rowCount&property=email", "takes no property"],
    ["metric=nullValues", "name it as property"],
    ["metric=nullValues&property=nothing", "it has id"],
    ["metric=rowCount&from=x", "from must be"],
  ])("answers 400 to ?%s", async (query, detail) => {
    const { status, body } = await api.call("GET", `/quality/series?dataset=customers&${query}`);
    expect(status).toBe(400);
    expect(body.detail).toContain(detail);
  });
});

describe("GET /checks/declared", () => {
  it("says what is asked of each dataset's data", async () => {
    const { body } = await api.call("GET", "/checks/declared");
    expect(body.datasets[0]).toMatchObject({ dataset: "customers", learn: true, checks: [], expected: "learnt" });
    expect(body.datasets[0].properties).toContain("email");
  });
});
