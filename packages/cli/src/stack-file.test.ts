import { spawnSync } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { identify } from "@lethe/local-stack/process-identity";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { connectionSettings } from "./connection-settings.js";
import { type RunningStack, readRunningStack, removeRunningStack, writeRunningStack } from "./stack-file.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "lethe-stack-file-"));
});
afterEach(() => rm(folder, { recursive: true }));

const servers = { databaseUrl: "postgres://u:p@h/db", redisUrl: "redis://h", queuePrefix: "mine" };
let stack: RunningStack;
beforeAll(async () => {
  stack = { ...servers, ...(await identify(process.pid)) };
});

it("is read back while its process lives, and only its owner may read it", async () => {
  await writeRunningStack(folder, stack);
  expect(await readRunningStack(folder)).toEqual(stack);
  expect((await stat(path.join(folder, "stack.json"))).mode & 0o777).toBe(0o600);
  await removeRunningStack(folder, { ...stack, startedAt: "another start" });
  expect(await readRunningStack(folder)).toEqual(stack);
  await removeRunningStack(folder, stack);
  expect(await readRunningStack(folder)).toBeUndefined();
});

it("counts as gone when its process died, though another may have its number, and when it is damaged", async () => {
  await writeRunningStack(folder, { ...stack, startedAt: "another start" });
  expect(await readRunningStack(folder)).toBeUndefined();
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  await writeRunningStack(folder, { ...stack, pid: dead });
  expect(await readRunningStack(folder)).toBeUndefined();
  await writeFile(path.join(folder, "stack.json"), '{"pid":');
  expect(await readRunningStack(folder)).toBeUndefined();
});

it("fills in what the environment does not say, and an empty text says nothing", async () => {
  await writeRunningStack(folder, stack);
  expect(await connectionSettings({ DATA_DIR: folder, DATABASE_URL: "", REDIS_URL: "redis://other" })).toEqual({
    databaseUrl: stack.databaseUrl,
    redis: { url: "redis://other" },
    queuePrefix: "mine",
  });
});
