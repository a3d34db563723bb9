import { createLogger } from "@lethe/service-kit/logger";
import { openQueues } from "@lethe/service-kit/queues";
import { connectRedis } from "@lethe/service-kit/redis";
import { failRun } from "@lethe/warehouse/ledger/change-run";
import { Registry } from "prom-client";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";
import { addQueueMetrics } from "./queue-metrics.js";

let world: World;
let api: TestScheduler;
beforeAll(async () => {
  world = await createWorld();
  api = await world.start({ LETHE_SCHEDULES: "off" });
});
afterAll(() => world.end());

/** Returns the value of a series, named by its metric and some of its labels. */
async function seriesValue(metric: string, labels: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
  const { body } = await api.call("GET", "/metrics");
  const lines = (body as string).split("\n").filter((line) => line.startsWith(`${metric}{`));
  const line = lines.find((each) =>
    Object.entries(labels).every(([name, value]) => each.includes(`${name}="${value}"`)),
  );
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
}

/** Waits until a series has a value: figures are a second old at most. */
async function untilSeries(value: number, ...series: Parameters<typeof seriesValue>): Promise<void> {
  await expect.poll(() => seriesValue(...series), { timeout: 5_000 }).toBe(value);
}

it("measures queues, open runs and dead letters", async () => {
  expect(await seriesValue("lethe_queue_jobs", { queue: "extract", state: "waiting" })).toBe(0);
  expect(await seriesValue("lethe_oldest_open_run_seconds")).toBe(0);
  const { body: run } = await api.call("POST", "/jobs/customers/runs");
  await world.pool.query("update ledger.runs set requested_at = now() - interval '90 seconds' where id = $1", [run.id]);
  await untilSeries(1, "lethe_queue_jobs", { queue: "extract", state: "waiting" });
  expect(await seriesValue("lethe_queue_jobs", { queue: "finish", state: "waiting-children" })).toBe(1);
  for (const state of ["active", "delayed", "failed"]) {
    expect(await seriesValue("lethe_queue_jobs", { queue: "load", state })).toBe(0);
  }
  expect(await seriesValue("lethe_oldest_open_run_seconds")).toBeGreaterThan(89);
  expect(await seriesValue("lethe_dead_letters_open")).toBe(0);
  await failRun(world.pool, run.id, "extract", "staged_object_damaged", "it is short");
  await untilSeries(1, "lethe_dead_letters_open");
  expect(await seriesValue("lethe_oldest_open_run_seconds")).toBe(0);
});

it("measures requests by the pattern of their route, never by their address", async () => {
  const id = "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10";
  await api.call("GET", `/runs/${id}`);
  await api.call("GET", "/nowhere/jane@example.org");
  const counted = "lethe_http_request_duration_seconds_count";
  await untilSeries(1, counted, { method: "GET", route: "/runs/:id", status: "404" });
  await untilSeries(1, counted, { method: "GET", route: "none", status: "404" });
  const { body } = await api.call("GET", "/metrics");
  expect(body).not.toContain(id);
  expect(body).not.toContain("jane");
});

it("leaves queues out while Redis does not answer, and asks it once however often it is scraped", async () => {
  const metricsRegistry = new Registry();
  const redis = connectRedis("redis://127.0.0.1:1");
  const queues = openQueues(redis, world.prefix);
  const { extract } = queues.byJob;
  let asked = 0;
  const count = extract.getJobCounts.bind(extract);
  extract.getJobCounts = (...types) => {
    asked += 1;
    return count(...types);
  };
  addQueueMetrics(metricsRegistry, [extract], createLogger("scheduler", "silent", []));
  const startedAt = performance.now();
  const scrapes = await Promise.all([metricsRegistry.metrics(), metricsRegistry.metrics()]);
  expect(performance.now() - startedAt).toBeLessThan(8_000);
  for (const scrape of scrapes) expect(scrape).not.toContain("lethe_queue_jobs{");
  expect(asked).toBe(1);
  redis.disconnect();
  await queues.close();
});
