import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { QueueEvents } from "bullmq";
import { afterAll, afterEach, beforeEach, expect, inject, it } from "vitest";
import { createLogger } from "./logger.js";
import { createMetrics } from "./metrics.js";
import { openQueues, type Queues } from "./queues.js";
import { connectRedis } from "./redis.js";
import { type JobHandler, type RunningWorker, startWorker, type WorkerContext } from "./worker.js";

const redis = connectRedis(inject("redisUrl"));
afterAll(() => redis.disconnect());

let context: WorkerContext;
let queues: Queues;
let workers: RunningWorker[] = [];
beforeEach(() => {
  const prefix = `kit-${randomBytes(6).toString("hex")}`;
  context = { redis, prefix, lockMs: 30_000, log: createLogger("kit", "silent", []), metrics: createMetrics("kit") };
  queues = openQueues(redis, prefix);
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop(1_000)));
  workers = [];
  await queues.byJob.load.obliterate({ force: true });
  await queues.byJob.transform.obliterate({ force: true });
  await queues.close();
});

function work(handler: JobHandler<"load">): RunningWorker {
  const worker = startWorker(context, "load", 1, handler);
  workers.push(worker);
  return worker;
}

/** Adds a job whose failure would be for good: it has one attempt. */
async function addLoad(): Promise<string> {
  const payload = { runId: randomUUID(), batchId: randomUUID() };
  const job = await queues.byJob.load.add("load", payload, { jobId: `load-${payload.batchId}`, attempts: 1 });
  return job.id ?? "";
}

/** A handler that begins, and ends when it is told to stop. */
function endless() {
  const began = new EventTarget();
  const handle: JobHandler<"load">["handle"] = (_payload, _log, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      began.dispatchEvent(new Event("began"));
    });
  return { handle, began: once(began, "began") };
}

it("hands a job back that heeds the stop: another worker has it at once, and no attempt is lost", async () => {
  const gaveUp: string[] = [];
  const { handle, began } = endless();
  const first = work({ handle, giveUp: async (_payload, error) => void gaveUp.push(error.code) });
  const id = await addLoad();
  await began;
  const events = new QueueEvents("load", { connection: redis.duplicate(), prefix: context.prefix });
  await events.waitUntilReady();
  work({ handle: async () => ({ loaded: 7, rejected: 0 }) });
  const startedAt = performance.now();
  const job = await queues.byJob.load.getJob(id);
  const [outcome] = await Promise.all([job?.waitUntilFinished(events), first.stop(500)]);
  await events.close();
  expect(outcome).toEqual({ loaded: 7, rejected: 0 });
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(gaveUp).toEqual([]);
  expect(await queues.byJob.load.getJob(id)).toMatchObject({ attemptsMade: 1, attemptsStarted: 2, stalledCounter: 0 });
});

it("hands a child of a flow back too, and the job above it goes on when it is done", async () => {
  const { handle, began } = endless();
  const first = work({ handle });
  const runId = randomUUID();
  const batchId = randomUUID();
  await queues.flows.add({
    name: "transform",
    queueName: "transform",
    data: { runId, batchId },
    children: [{ name: "load", queueName: "load", data: { runId, batchId }, opts: { attempts: 1 } }],
  });
  await began;
  await first.stop(300);
  const above = new Promise<void>((resolve) => {
    workers.push(
      startWorker(context, "transform", 1, {
        handle: async () => {
          resolve();
          return { accepted: 0, rejected: 0 };
        },
      }),
    );
  });
  work({ handle: async () => ({ loaded: 1, rejected: 0 }) });
  await above;
});

it("lets a job end that can in time, and gives up none of its work", async () => {
  let aborted = false;
  const began = new EventTarget();
  const hasBegun = once(began, "began");
  const end = new EventTarget();
  const worker = work({
    async handle(_payload, _log, signal) {
      began.dispatchEvent(new Event("began"));
      await once(end, "end");
      aborted = signal.aborted;
      return { loaded: 3, rejected: 0 };
    },
  });
  const id = await addLoad();
  await hasBegun;
  const stopped = worker.stop(10_000);
  end.dispatchEvent(new Event("end"));
  await stopped;
  expect(aborted).toBe(false);
  const job = await queues.byJob.load.getJob(id);
  expect(await job?.getState()).toBe("completed");
});

it("hands a job back that does not heed the stop, before the process ends", async () => {
  const began = new EventTarget();
  const hasBegun = once(began, "began");
  const end = new EventTarget();
  const worker = work({
    async handle() {
      began.dispatchEvent(new Event("began"));
      await once(end, "end");
      return { loaded: 0, rejected: 0 };
    },
  });
  const id = await addLoad();
  await hasBegun;
  await worker.stop(5_000);
  expect(await (await queues.byJob.load.getJob(id))?.getState()).toBe("waiting");
  end.dispatchEvent(new Event("end"));
});

it("refuses a job that is none of Lethe's: once, with nothing done for it, and nothing of it in the log", async () => {
  const lines: string[] = [];
  context = { ...context, log: createLogger("kit", "info", [], { write: (line: string) => void lines.push(line) }) };
  const calls: string[] = [];
  work({
    handle: async () => {
      calls.push("handle");
      return { loaded: 0, rejected: 0 };
    },
    giveUp: async () => void calls.push("give up"),
  });
  const events = new QueueEvents("load", { connection: redis.duplicate(), prefix: context.prefix });
  await events.waitUntilReady();
  const foreign = { name: "Jane Roe", email: "jane.roe@example.org", msg: "all is well", level: 10 };
  const done = { runId: randomUUID(), batchId: randomUUID(), email: "jane.roe@example.org" };
  for (const payload of [foreign, done]) {
    // What anybody who may write to the queue can put there.
    const job = await queues.byJob.load.add("load", payload as never, { attempts: 3 });
    await job.waitUntilFinished(events, 10_000).catch(() => undefined);
  }
  await events.close();
  expect(calls).toEqual(["handle"]);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 50, job: "load", msg: "job refused", error: { code: "input_invalid" } },
  ]);
  expect(lines.join("")).not.toMatch(/jane|all is well/i);
});
