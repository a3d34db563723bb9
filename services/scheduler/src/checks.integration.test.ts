import { openAlert } from "@lethe/warehouse/quality/alerts";
import { writeResults } from "@lethe/warehouse/quality/check-results";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";

let world: World;
let scheduler: TestScheduler;
const NOW = new Date("2026-03-01T10:00:00Z");

beforeAll(async () => {
  world = await createWorld();
  scheduler = await world.start({ LETHE_SCHEDULES: "off" });
});
afterAll(() => world.end());

it("lists the results of checks by page, dataset, metric and outcome", async () => {
  const result = { property: null, unit: "rows", condition: "must be 5", least: 5, most: 5, learnt: false } as const;
  const hours = [4, 5, 6].map((hour) => ({ date: "2026-03-01", hour }));
  const results = hours.flatMap((partition) => [
    {
      ...result,
      partition,
      check: "rowCount",
      metric: "rowCount" as const,
      value: partition.hour,
      passed: partition.hour === 5,
    },
    { ...result, partition, check: "dups", metric: "duplicateValues" as const, value: 0, passed: true },
  ]);
  // Judged anew, a partition has its last results alone.
  for (const value of [1, 2])
    await writeResults(
      world.pool,
      "customers",
      hours,
      results.map((one) => ({ ...one, value })),
      NOW,
    );
  const list = async (query: string) => (await scheduler.call("GET", `/checks?${query}`)).body;
  const first = await list("limit=4");
  expect(first.checks).toHaveLength(4);
  const rest = await list(`limit=4&before=${first.nextCursor}`);
  expect(rest).toMatchObject({
    nextCursor: null,
    checks: [{ partition: "2026-03-01T04" }, { check: "rowCount", value: 2 }],
  });
  const failed = await list("dataset=customers&metric=rowCount&outcome=failed");
  expect(failed.checks.map(({ partition }: { partition: string }) => partition)).toEqual([
    "2026-03-01T06",
    "2026-03-01T04",
  ]);
  expect((await list("dataset=products")).checks).toEqual([]);
  expect((await scheduler.call("GET", "/checks?outcome=maybe")).status).toBe(400);
});

it("lists alerts, counts them in metrics, and closes one by hand, once", async () => {
  const alert = {
    dataset: "customers",
    kind: "quality",
    cause: "email",
    message: "Wrong.",
    partition: "2026-03-01T04",
  } as const;
  const id = await openAlert(world.pool, alert, NOW);
  await expect(openAlert(world.pool, alert, NOW)).rejects.toMatchObject({ code: "23505" });
  const { body } = await scheduler.call("GET", "/alerts?state=open&dataset=customers&kind=quality");
  expect(body).toMatchObject({
    nextCursor: null,
    alerts: [{ id, state: "open", firstPartition: "2026-03-01T04", missing: 0 }],
  });
  const metrics = (await scheduler.call("GET", "/metrics")).body;
  expect(metrics).toMatch(/^lethe_alerts_open\{[^}]*kind="quality"[^}]*\} 1$/m);
  const dismissed = await scheduler.call("POST", `/alerts/${id}/dismiss`);
  expect(dismissed).toMatchObject({ status: 200, body: { state: "closed", resolution: "dismissed" } });
  expect((await scheduler.call("POST", `/alerts/${id}/dismiss`)).status).toBe(409);
  expect((await scheduler.call("GET", "/alerts?state=open")).body.alerts).toEqual([]);
  expect((await scheduler.call("GET", "/alerts?before=00000000-0000-4000-8000-000000000000")).status).toBe(400);
});
