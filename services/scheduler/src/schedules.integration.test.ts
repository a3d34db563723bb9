import type { DatasetName } from "@lethe/contracts/datasets";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { previousTick } from "@lethe/service-kit/cron/ticks";
import { readSchedules } from "@lethe/warehouse/ledger/schedules";
import { QueueEvents } from "bullmq";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createWorld, type World } from "../test/scheduler-fixture.js";
import type { RunQueue } from "./run-queue.js";
import { assertSchedules } from "./schedules/assert-schedules.js";
import { catchUp } from "./schedules/catch-up.js";
import { catchUpJobId, nextJobId } from "./schedules/tick-ids.js";
import { triggerRun } from "./schedules/trigger-run.js";

const datasets = createDatasets();
const EACH_SECOND = "* * * * * *";
const RULES = { on: true, subMinute: true };
const NEVER_IN_A_TEST = "0 0 1 1 *";

let world: World;
let events: QueueEvents;
beforeEach(async () => {
  world = await createWorld({ LETHE_ALLOW_SUBMINUTE_SCHEDULES: "true" });
  await readSchedules(world.pool, datasets.all);
  await world.pool.query("update ledger.schedules set cron = $1", [NEVER_IN_A_TEST]);
  events = new QueueEvents("trigger", { connection: world.redis.duplicate(), prefix: world.prefix });
  await events.waitUntilReady();
});
afterEach(async () => {
  await events.close();
  await world.end();
});

/** Resolves when the triggers of all these jobs have been worked on, one each. */
function fired(...jobs: DatasetName[]): Promise<void> {
  const waiting = new Set<string>(jobs);
  return new Promise((resolve) => {
    const onCompleted = ({ jobId }: { jobId: string }) => {
      waiting.delete(jobId.split(":")[1] ?? "");
      if (waiting.size > 0) return;
      events.off("completed", onCompleted);
      resolve();
    };
    events.on("completed", onCompleted);
  });
}

/** Reports what of a job's schedule stands in Redis. */
async function standing(job: DatasetName) {
  const scheduler = await world.queues.byJob.trigger.getJobScheduler(job);
  const delayed = await world.queues.byJob.trigger.getDelayed();
  return {
    scheduler: scheduler?.pattern,
    delayed: delayed.filter(({ id }) => id?.startsWith(`repeat:${job}:`)).length,
  };
}

it("fires each job's schedule, off and on again, over a restart", async () => {
  const first = await world.start();
  const allFired = fired(...datasets.names);
  for (const job of datasets.names) {
    const { body } = await first.call("PATCH", `/schedules/${job}`, { cron: EACH_SECOND });
    expect(new Date(body.nextAt).getTime() - Date.now()).toBeLessThanOrEqual(1_000);
  }
  await allFired;
  for (const job of datasets.names) {
    const { runs } = (await first.call("GET", `/runs?job=${job}&state=queued`)).body;
    expect(runs).toMatchObject([{ job, trigger: "schedule", kind: "files" }]);
  }
  const { schedules } = (await first.call("GET", "/schedules")).body;
  expect(schedules.every(({ lastFiredAt }: { lastFiredAt: string | null }) => lastFiredAt !== null)).toBe(true);

  // Its run is open still, so the next tick is skipped and recorded.
  await fired("customers");
  expect((await first.call("GET", "/runs?job=customers&state=skipped")).body.runs[0]).toMatchObject({
    trigger: "schedule",
    error: { code: "run_active" },
  });

  await first.call("PATCH", "/schedules/customers", { enabled: false });
  expect(await standing("customers")).toEqual({ scheduler: undefined, delayed: 0 });
  expect(await standing("products")).toEqual({ scheduler: EACH_SECOND, delayed: 1 });

  await first.stop();
  const second = await world.start();
  expect(await standing("customers")).toEqual({ scheduler: undefined, delayed: 0 });
  expect((await second.call("GET", "/schedules")).body.schedules[0]).toMatchObject({
    job: "customers",
    cron: EACH_SECOND,
    enabled: false,
    nextAt: null,
  });
  await fired("products");

  const firedAgain = fired("customers");
  await second.call("PATCH", "/schedules/customers", { enabled: true });
  await firedAgain;
});

it("brings schedules back after Redis lost them, and repairs one that stopped", async () => {
  await world.start();
  const { trigger } = world.queues.byJob;
  expect(await assertSchedules(world.pool, datasets.all, trigger, RULES)).toMatchObject({ changed: [] });

  await world.flush();
  expect(await assertSchedules(world.pool, datasets.all, trigger, RULES)).toMatchObject({
    changed: [...datasets.names],
  });
  expect(await standing("products")).toEqual({ scheduler: NEVER_IN_A_TEST, delayed: 1 });

  const next = (await trigger.getJobScheduler("products"))?.next ?? 0;
  // As after BullMQ's issues 3272 and 2151: the scheduler stands there without a next job.
  await world.redis.del(trigger.toKey(nextJobId("products", next)));
  await world.redis.zrem(trigger.toKey("delayed"), nextJobId("products", next));
  expect(await standing("products")).toEqual({ scheduler: NEVER_IN_A_TEST, delayed: 0 });
  expect(await assertSchedules(world.pool, datasets.all, trigger, RULES)).toMatchObject({ changed: ["products"] });
  expect(await standing("products")).toEqual({ scheduler: NEVER_IN_A_TEST, delayed: 1 });
  expect(await assertSchedules(world.pool, datasets.all, trigger, RULES)).toMatchObject({ changed: [] });
});

it("fires again after the schedules were lost while it ran", async () => {
  await world.start();
  await world.pool.query("update ledger.schedules set cron = $1 where job = 'products'", [EACH_SECOND]);
  await world.flush();
  const firedAgain = fired("products");
  await assertSchedules(world.pool, datasets.all, world.queues.byJob.trigger, RULES);
  await firedAgain;
});

it("removes a scheduler of a job that no longer exists", async () => {
  const { trigger } = world.queues.byJob;
  await trigger.upsertJobScheduler("trigger", { pattern: NEVER_IN_A_TEST }, { name: "trigger", data: { job: "x" } });
  expect(await assertSchedules(world.pool, datasets.all, trigger, RULES)).toMatchObject({
    changed: ["trigger", ...datasets.names],
  });
  expect((await trigger.getJobSchedulers()).map(({ key }) => key).sort()).toEqual([...datasets.names].sort());
});

it("fires a tick once though two schedulers run", async () => {
  const [one] = await Promise.all([world.start(), world.start()]);
  const ticks: string[] = [];
  events.on("completed", ({ jobId }) => ticks.push(jobId));
  await one?.call("PATCH", "/schedules/products", { cron: EACH_SECOND });
  for (let tick = 0; tick < 3; tick++) await fired("products");
  await one?.call("PATCH", "/schedules/products", { enabled: false });
  expect(new Set(ticks).size).toBe(ticks.length);
  const { rows } = await world.pool.query("select from ledger.runs where job = 'products'");
  expect(rows.length).toBeGreaterThanOrEqual(3);
  expect(rows.length).toBeLessThanOrEqual(ticks.length + 1);
});

it("opens one run for a tick whose trigger is delivered again", async () => {
  const start = vi.fn<RunQueue["start"]>(async () => {});
  const runQueue = { start, resume: async () => {}, finish: async () => {} };
  const trigger = (id: string) => triggerRun(world.pool, datasets, runQueue, { job: "products" }, id);
  const tick = Date.parse("2026-01-01T00:00:00Z");

  const first = await trigger(nextJobId("products", tick));
  expect(first.skipped).toBe(false);
  expect(await trigger(nextJobId("products", tick))).toEqual(first);
  expect(await trigger(catchUpJobId("products", tick))).toEqual(first);
  expect(start.mock.calls.map(([runId]) => runId)).toEqual(Array(3).fill(first.runId));

  const next = await trigger(nextJobId("products", tick + 1_000));
  expect(next).toMatchObject({ skipped: true });
  await world.pool.query("update ledger.runs set state = 'succeeded', finished_at = now() where id = $1", [
    first.runId,
  ]);
  expect(await trigger(nextJobId("products", tick + 1_000))).toEqual(next);
  expect(await trigger(nextJobId("products", tick))).toEqual(first);
  expect(start).toHaveBeenCalledTimes(3);
  const { rows } = await world.pool.query("select from ledger.runs where job = 'products'");
  expect(rows).toHaveLength(2);
  const byHand = [await trigger("1"), await trigger("1")];
  expect(new Set([...byHand, first, next].map(({ runId }) => runId)).size).toBe(4);
});

it("makes up once for the ticks of a standstill", async () => {
  await world.pool.query(
    `update ledger.schedules
     set cron = '0 * * * *', updated_at = now() - interval '3 days', last_fired_at = now() - interval '1 day'
     where job = 'products'`,
  );
  const madeUp = new Promise<string>((resolve) => events.on("completed", ({ jobId }) => resolve(jobId)));
  const [scheduler] = await Promise.all([world.start(), world.start()]);
  const tick = previousTick({ cron: "0 * * * *", timezone: "Europe/Zagreb" }, new Date());
  expect(await madeUp).toBe(`catch-up-products-${tick.getTime()}`);
  const { runs } = (await scheduler?.call("GET", "/runs"))?.body ?? {};
  expect(runs).toMatchObject([{ job: "products", trigger: "schedule", state: "queued" }]);
  const third = await world.start();
  expect((await third.call("GET", "/runs")).body.runs).toHaveLength(1);
});

it("leaves a tick that Redis still holds to itself, or drops it when catching up is off", async () => {
  const { trigger } = world.queues.byJob;
  await world.pool.query("update ledger.schedules set updated_at = now() - interval '3 years' where job = 'products'");
  await assertSchedules(world.pool, datasets.all, trigger, RULES);
  const afterTick = new Date(((await trigger.getJobScheduler("products"))?.next ?? 0) + 60_000);
  expect(await catchUp(world.pool, datasets.all, trigger, afterTick, { makeUp: true, rules: RULES })).toContain(
    "products",
  );
  expect(await standing("products")).toEqual({ scheduler: NEVER_IN_A_TEST, delayed: 1 });
  expect(await trigger.getJobCountByTypes("waiting")).toBe(0);

  await catchUp(world.pool, datasets.all, trigger, afterTick, { makeUp: false, rules: RULES });
  expect(await standing("products")).toEqual({ scheduler: undefined, delayed: 0 });
});

it("makes up for nothing when catching up is off", async () => {
  await world.pool.query("update ledger.schedules set updated_at = now() - interval '3 years'");
  const scheduler = await world.start({ LETHE_CATCH_UP: "false" });
  expect((await scheduler.call("GET", "/runs")).body.runs).toEqual([]);
  expect(await world.queues.byJob.trigger.getJobCountByTypes("waiting", "active", "completed")).toBe(0);
});

it("asserts the schedules when Redis is connected again", async () => {
  const scheduler = await world.start();
  await world.flush();
  const asserted = new Promise((resolve) => events.once("delayed", resolve));
  scheduler.redis.disconnect(true);
  await asserted;
  expect((await world.queues.byJob.trigger.getJobSchedulers()).map(({ key }) => key)).toContain("customers");
});

it("sets the other schedules when one cannot be set yet", async () => {
  const { trigger } = world.queues.byJob;
  await assertSchedules(world.pool, datasets.all, trigger, RULES);
  const { next } = (await trigger.getJobScheduler("customers")) ?? {};
  await world.redis.del(trigger.toKey("repeat:customers"));
  await world.redis.zrem(trigger.toKey("repeat"), "customers");
  await trigger.removeJobScheduler("products");
  await expect(assertSchedules(world.pool, datasets.all, trigger, RULES)).rejects.toMatchObject({
    code: "jobs_failed",
    cause: { message: expect.stringContaining("job ID already exists") },
  });
  expect(await standing("products")).toEqual({ scheduler: NEVER_IN_A_TEST, delayed: 1 });
  // As if it had fired.
  await trigger.remove(nextJobId("customers", next ?? 0));
  expect(await assertSchedules(world.pool, datasets.all, trigger, RULES)).toMatchObject({ changed: ["customers"] });
});

it("is kept from nothing by a schedule that the ledger holds and that is refused", async () => {
  const { trigger } = world.queues.byJob;
  await assertSchedules(world.pool, datasets.all, trigger, RULES);
  await world.pool.query(
    `update ledger.schedules set cron = 'H * * * *', updated_at = now() - interval '3 years' where job = 'customers'`,
  );
  await world.pool.query("update ledger.schedules set timezone = 'Mars/Olympus' where job = 'transactions'");
  await world.pool.query(
    "update ledger.schedules set cron = '0 * * * *', updated_at = now() - interval '3 days' where job = 'products'",
  );
  const scheduler = await world.start();
  expect(await standing("customers")).toEqual({ scheduler: undefined, delayed: 0 });
  expect(await standing("transactions")).toEqual({ scheduler: undefined, delayed: 0 });
  expect(await standing("products")).toEqual({ scheduler: "0 * * * *", delayed: 1 });
  await expect
    .poll(async () => (await scheduler.call("GET", "/runs")).body.runs)
    .toMatchObject([{ job: "products", trigger: "schedule" }]);
  const { schedules } = (await scheduler.call("GET", "/schedules")).body;
  expect(schedules).toMatchObject([
    { job: "customers", nextAt: null, problem: expect.stringContaining("H") },
    { job: "products", nextAt: expect.any(String), problem: null },
    { job: "transactions", nextAt: null, problem: expect.stringContaining("timezone") },
    { job: "erasure-requests", problem: null },
  ]);
  expect((await scheduler.call("GET", "/jobs")).status).toBe(200);
  expect((await scheduler.call("GET", "/readyz")).body).toMatchObject({ ready: true, warnings: ["schedule_refused"] });
});

it("registers and fires nothing when schedules are off", async () => {
  await world.pool.query("delete from ledger.schedules");
  const scheduler = await world.start({ LETHE_SCHEDULES: "off" });
  const { body } = await scheduler.call("PATCH", "/schedules/products", { cron: EACH_SECOND });
  expect(body).toMatchObject({ cron: EACH_SECOND, enabled: true, nextAt: null });
  expect(await world.queues.byJob.trigger.getJobSchedulers()).toEqual([]);
});

it("enqueues again, at start, what the ledger holds open", async () => {
  const first = await world.start();
  const { id } = (await first.call("POST", "/jobs/customers/runs")).body;
  await first.stop();
  await world.flush();
  await world.start();
  expect(await world.queues.byJob.extract.getJobState(`extract-${id}`)).toBe("waiting");
});
