import { hourAt } from "@lethe/quality/partition-hours";
import { openAlert } from "@lethe/warehouse/quality/alerts";
import { writeResults } from "@lethe/warehouse/quality/check-results";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addFile, addRun } from "../../../packages/warehouse/test/ledger-rows.js";
import { createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";

let world: World;
let api: TestScheduler;
let runId: string;
beforeAll(async () => {
  world = await createWorld();
  api = await world.start({ LETHE_SCHEDULES: "off" });
  runId = await addRun(world.pool, { state: "succeeded" });
  await addFile(world.pool, runId, { state: "done", records_in: 5, records_loaded: 4, records_rejected: 1 });
  const partition = "2020-01-01T05";
  const alert = { dataset: "customers", kind: "quality", cause: "rowCount", message: "few", partition } as const;
  await openAlert(world.pool, alert, new Date());
  const result = { check: "rowCount", metric: "rowCount", property: null, unit: "rows", value: 5 } as const;
  const found = { condition: "must be at most 3", learnt: true, passed: false, least: null, most: 3 };
  const at = { date: "2020-01-01", hour: 5 };
  await writeResults(world.pool, "customers", [at], [{ ...result, ...found, partition: at }], new Date());
});
afterAll(() => world.end());

describe("GET /partitions", () => {
  it("has a dataset's hours in columns", async () => {
    const { status, body } = await api.call("GET", "/partitions?dataset=customers&from=2020-01-01&to=2020-01-02");
    expect(status).toBe(200);
    expect(body).toEqual({
      dataset: "customers",
      hours: [hourAt(new Date("2020-01-01T05:00:00Z"))],
      states: "p",
      files: [1],
      loaded: [4],
      rejected: [1],
      failedChecks: [],
    });
    expect((await api.call("GET", "/partitions?dataset=products")).body).toMatchObject({ hours: [], states: "" });
  });

  it.each(["", "dataset=suppliers", "dataset=customers&from=x", "dataset=customers&from=2020-01-02&to=2020-01-01"])(
    "answers 400 to ?%s",
    async (query) => {
      expect((await api.call("GET", `/partitions?${query}`)).status).toBe(400);
    },
  );
});

describe("GET /partitions/:dataset/:partition", () => {
  it("has the files of a partition with their runs, its checks and its alerts", async () => {
    const { body } = await api.call("GET", "/partitions/customers/2020-01-01T05");
    expect(body).toMatchObject({
      dataset: "customers",
      partition: "2020-01-01T05",
      state: "partly_rejected",
      late: null,
      files: [{ path: "date=2020-01-01/hour=05/customers.json", run: { id: runId, state: "succeeded" } }],
      otherFiles: 0,
      checks: [{ check: "rowCount", passed: false, partition: "2020-01-01T05" }],
      alerts: [{ cause: "rowCount", state: "open" }],
    });
  });

  it("knows nothing of an hour of which nothing came, and no hour that there is not", async () => {
    const { body } = await api.call("GET", "/partitions/customers/2020-01-01T06");
    expect(body).toMatchObject({ state: null, files: [], checks: [], alerts: [] });
    expect((await api.call("GET", "/partitions/customers/2020-02-30T06")).status).toBe(404);
    expect((await api.call("GET", "/partitions/customers/2020-01-01")).status).toBe(404);
  });
});
