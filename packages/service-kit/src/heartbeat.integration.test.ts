import { randomBytes } from "node:crypto";
import { VERSION } from "@lethe/contracts/version";
import { afterAll, beforeEach, expect, inject, it } from "vitest";
import { readHeartbeats, startHeartbeat } from "./heartbeat.js";
import { connectRedis } from "./redis.js";

const redis = connectRedis(inject("redisUrl"));
afterAll(() => redis.disconnect());

let prefix: string;
beforeEach(() => {
  prefix = `kit-${randomBytes(6).toString("hex")}`;
});

const READY = { ready: true, checks: {}, reasons: {}, warnings: [] };

it("reports a process with what it is and whether it is ready, and takes that back when it stops", async () => {
  const loader = startHeartbeat(redis, prefix, { service: "loader", schema: "0029" }, async () => READY);
  const unready = { ...READY, ready: false, reasons: { database: "database_unreachable" } };
  const extractor = startHeartbeat(redis, prefix, { service: "extractor", schema: "0028" }, async () => unready);
  await Promise.all([loader.begun, extractor.begun]);
  const found = await readHeartbeats(redis, prefix);
  const self = { version: VERSION, pid: process.pid, startedAt: expect.any(String), seenAt: expect.any(String) };
  expect(found).toMatchObject([
    { ...self, service: "extractor", schema: "0028", ready: false, reasons: { database: "database_unreachable" } },
    { ...self, service: "loader", schema: "0029", ready: true, reasons: {} },
  ]);
  await extractor.stop();
  expect((await readHeartbeats(redis, prefix)).map(({ service }) => service)).toEqual(["loader"]);
  await loader.stop();
  expect(await redis.keys(`${prefix}:*`)).toEqual([]);
});

it("forgets a process that ended without a word, and passes over what is no report", async () => {
  const { begun } = startHeartbeat(redis, prefix, { service: "loader", schema: "0029" }, async () => READY);
  await begun;
  const [key = ""] = await redis.keys(`${prefix}:heartbeat:*`);
  for (const each of [key, `${prefix}:heartbeats`]) {
    const left = await redis.pttl(each);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(30_000);
  }
  await redis.set(key, "no report", "PX", 30_000);
  expect(await readHeartbeats(redis, prefix)).toEqual([]);
  await redis.del(key);
  expect(await readHeartbeats(redis, prefix)).toEqual([]);
  await redis.del(`${prefix}:heartbeats`);
});
