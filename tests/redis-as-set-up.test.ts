import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runLethe } from "@lethe/test-kit/program";
import { type RedisProcess, startRedisProcess } from "@lethe/test-kit/redis-process";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

// A Redis that takes no writes for a while, or never will, under the services and commands as a user has them.

let redis: RedisProcess;
let world: World;
beforeAll(async () => {
  redis = await startRedisProcess();
  world = await openWorld({ settings: { REDIS_URL: redis.url, LETHE_UPKEEP_SECONDS: "1" } });
});
afterAll(async () => {
  await world.close();
  await redis.stop();
});

const within = { timeout: 20_000, interval: 200 };
const call = (words: readonly string[]) => redis.admin.call(...(words as [string, ...string[]]));
const readiness = async () => (await world.api("GET", "/readyz")).body;

async function land(hour: string): Promise<void> {
  const folder = join(world.landing, `date=2020-01-01/hour=${hour}`);
  await mkdir(folder, { recursive: true });
  const product = { sku: Number(hour) + 1, name: "a thing", price: "1.00", category: "things", popularity: 1 };
  await writeFile(join(folder, "products.json"), `${JSON.stringify(product)}\n`);
}

describe.each([
  {
    code: "redis_read_only",
    hour: "01",
    harm: ["REPLICAOF", "127.0.0.1", "1"],
    heal: ["REPLICAOF", "NO", "ONE"],
    sentence: "is a replica of 127.0.0.1:1 that takes no writes",
  },
  {
    code: "redis_out_of_memory",
    hour: "02",
    harm: ["CONFIG", "SET", "maxmemory", "1"],
    heal: ["CONFIG", "SET", "maxmemory", "0"],
    sentence: "of 1 bytes are used) and refuses writes",
  },
])("while Redis answers $code", ({ code, hour, harm, heal, sentence }) => {
  it("is not ready, ends commands with a sentence, and loses no run", async () => {
    await expect.poll(readiness, within).toMatchObject({ ready: true, reasons: {} });
    await land(hour);
    await call(harm);
    onTestFinished(() => void call(heal));
    await expect.poll(readiness, within).toMatchObject({ ready: false, reasons: { redis: code } });

    const opened = await world.api("POST", "/jobs/products/runs");
    expect(opened).toMatchObject({ status: 202, body: { state: "queued" } });
    const commands = [
      ["run", "customers"],
      ["dead-letters", "replay", "--all"],
    ];
    for (const args of commands) {
      const { code: exitCode, out, err } = await world.lethe(...args);
      expect({ exitCode, out }).toEqual({ exitCode: 3, out: "" });
      expect(err).toMatch(/^lethe: Redis at \S+ \(REDIS_URL\) /);
      expect(err).toContain(sentence);
      expect(err).not.toMatch(/ReplyError|\n {2}at |unexpected/);
    }
    expect(await world.lethe("status")).toMatchObject({ code: 0 });

    await call(heal);
    await expect.poll(readiness, within).toMatchObject({ ready: true });
    const { id } = opened.body as { id: string };
    await expect
      .poll(async () => (await world.api("GET", `/runs/${id}`)).body, { ...within, timeout: 50_000 })
      .toMatchObject({ state: "succeeded", files: { done: 1 } });
    expect(await world.logs()).not.toContain("unexpected ReplyError");
  });
});

it("lets a service start before Redis can be written, and work when it can", async () => {
  await call(["REPLICAOF", "127.0.0.1", "1"]);
  onTestFinished(() => void call(["REPLICAOF", "NO", "ONE"]));
  const late = await world.start("transformer");
  expect(await late.log()).toMatch(/"code":"redis_read_only".*is a replica of 127\.0\.0\.1:1/);
  expect(await late.log()).toMatch(/"ready":false,"reasons":\{"redis":"redis_read_only"\}/);
  await world.stop(late);
});

it.each([
  ["a wrong password", { password: "not-this-one" }, "does not accept the user and password"],
  ["no password", { password: "" }, "asks for a password, and REDIS_URL has none"],
  ["a database that is not there", { pathname: "/99" }, "has no database of the number"],
])("refuses at the start %s, in one sentence that shows no secret", async (_what, change, sentence) => {
  const url = new URL(redis.url);
  Object.assign(url, change);
  const error = String(await world.start("loader", { REDIS_URL: url.href }).catch((thrown: unknown) => thrown));
  expect(error).toContain(sentence);
  const { code, err } = await runLethe(["run", "products"], { ...world.environment, REDIS_URL: url.href });
  expect(code).toBe(2);
  expect(err).toContain(sentence);
  for (const text of [error, err]) {
    expect(text).not.toContain("not-this-one");
    expect(text).not.toContain(redis.password);
    expect(text).not.toMatch(/\n +at /);
  }
});

it("says with what it works all the same", async () => {
  await redis.admin.config("SET", "maxmemory-policy", "allkeys-lru", "appendonly", "no");
  const service = await world.start("extractor");
  expect(await service.log()).toMatch(/"code":"redis_evicts"/);
  expect(await service.log()).toMatch(/"code":"redis_forgets"/);
  await world.stop(service);
  await expect.poll(readiness, within).toMatchObject({ ready: true, warnings: ["redis_evicts", "redis_forgets"] });
});
