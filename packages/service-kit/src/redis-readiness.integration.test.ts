import { type RedisProcess, startRedisProcess } from "@lethe/test-kit/redis-process";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { createLogger } from "./logger.js";
import { createMetrics } from "./metrics.js";
import { openQueues } from "./queues.js";
import { connectRedis } from "./redis.js";
import { createRedisReadiness } from "./redis-readiness.js";
import { startWorker } from "./worker.js";

let server: RedisProcess;
beforeAll(async () => {
  server = await startRedisProcess();
});
afterAll(() => server.stop());

const PREFIX = "ready";

/** A worker, a queue and a readiness, as a service has them, on a user of its own. */
async function openService() {
  await server.admin.acl("SETUSER", "service", "reset", "on", ">pw", `~${PREFIX}:*`, "&*", "+@all");
  const redis = connectRedis(`redis://service:pw@127.0.0.1:${server.port}`);
  const { check, warnings } = createRedisReadiness(redis, PREFIX, "Redis of the test");
  const queues = openQueues(redis, PREFIX);
  const done: unknown[] = [];
  const lines: string[] = [];
  const log = createLogger("test", "info", [], { write: (line) => lines.push(line) });
  const worker = startWorker(
    { redis, prefix: PREFIX, log, metrics: createMetrics("test"), lockMs: 30_000 },
    "load",
    1,
    {
      handle: async (payload) => {
        done.push(payload.batchId);
        return { loaded: 0, rejected: 0 };
      },
    },
  );
  onTestFinished(async () => {
    await worker.stop(2_000);
    await queues.close();
    redis.disconnect();
  });
  const state = () =>
    check().then(
      () => "ready",
      ({ code }: { code: string }) => code,
    );
  const work = async () => {
    const payload = { runId: crypto.randomUUID(), batchId: crypto.randomUUID() };
    await queues.byJob.load.add("load", payload);
    await expect.poll(() => done, { timeout: 30_000 }).toContain(payload.batchId);
  };
  return { state, work, warnings, lines, redis, ask: check };
}

const within = { timeout: 10_000, interval: 100 };

it.each([
  ["redis_read_only", ["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"]],
  ["redis_out_of_memory", ["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "0"]],
  ["redis_forbidden", ["ACL", "SETUSER", "service", "-evalsha", "-eval"], ["ACL", "SETUSER", "service", "+@all"]],
  ["redis_forbidden", ["ACL", "SETUSER", "service", "resetkeys"], ["ACL", "SETUSER", "service", `~${PREFIX}:*`]],
  [
    "redis_lacks_replicas",
    ["CONFIG", "SET", "min-replicas-to-write", "1"],
    ["CONFIG", "SET", "min-replicas-to-write", "0"],
  ],
])("is not ready for %s, and ready when that heals, with a worker that works again", async (code, harm, heal) => {
  const { state, work, lines } = await openService();
  await expect.poll(state, within).toBe("ready");
  await work();
  const call = (words: string[]) => server.admin.call(...(words as [string, ...string[]]));
  await call(harm);
  onTestFinished(() => void call(heal));
  await expect.poll(state, within).toBe(code);
  await expect.poll(() => lines.filter((line) => line.includes("queue connection")).length, within).toBeGreaterThan(0);
  // A second passes in which the worker tries again and again.
  await expect.poll(state, { ...within, interval: 1_100 }).toBe(code);
  expect(lines.filter((line) => line.includes("queue connection")).length).toBeLessThan(4);
  expect(lines.join("\n")).not.toContain("unexpected");
  await call(heal);
  await expect.poll(state, within).toBe("ready");
  await work();
});

it("is not ready while Redis is gone, and asks once however many ask it", async () => {
  const own = await startRedisProcess();
  const redis = connectRedis(own.url);
  onTestFinished(() => redis.disconnect());
  const { check } = createRedisReadiness(redis, PREFIX, "Redis of the test");
  await expect
    .poll(
      () =>
        check().then(
          () => "ready",
          () => "not",
        ),
      within,
    )
    .toBe("ready");
  const before = Number(/cmdstat_eval:calls=(\d+)/.exec(await own.admin.info("commandstats"))?.[1]);
  await Promise.all(Array.from({ length: 100 }, () => check()));
  const after = Number(/cmdstat_eval:calls=(\d+)/.exec(await own.admin.info("commandstats"))?.[1]);
  expect(after - before).toBeLessThanOrEqual(1);
  await own.stop();
  await expect.poll(() => check().catch(({ code }: { code: string }) => code), within).toBe("redis_unreachable");
});

it("names what it can work with all the same", async () => {
  const { state, warnings } = await openService();
  await server.admin.config("SET", "maxmemory-policy", "allkeys-lru");
  await expect.poll(async () => [await state(), ...warnings()], within).toEqual(["ready", "redis_evicts"]);
  await server.admin.config("SET", "maxmemory-policy", "noeviction");
  await expect.poll(async () => [await state(), ...warnings()], within).toEqual(["ready"]);
});
