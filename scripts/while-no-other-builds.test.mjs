import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { whileNoOtherBuilds } from "./while-no-other-builds.mjs";

let folder;
let lock;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "lethe-building-"));
  lock = path.join(folder, "lock");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("one builds while another waits", async () => {
  const order = [];
  const first = whileNoOtherBuilds(async () => {
    order.push("first");
    await new Promise((resolve) => setImmediate(resolve));
    order.push("first done");
  }, lock);
  const second = whileNoOtherBuilds(async () => order.push("second"), lock);
  await Promise.all([first, second]);
  expect(order.join()).toMatch(/^(first,first done,second|second,first,first done)$/);
  expect(existsSync(lock)).toBe(false);
});

test("the lock of a dead process, or of one with the same number, holds nobody up", async () => {
  writeFileSync(lock, JSON.stringify({ pid: process.pid, startedAt: "another start" }));
  expect(await whileNoOtherBuilds(async () => "built", lock)).toBe("built");
  writeFileSync(lock, "half a");
  expect(await whileNoOtherBuilds(async () => "built", lock)).toBe("built");
});

test("a failed build leaves no lock", async () => {
  const failing = async () => {
    throw new Error("no");
  };
  await expect(whileNoOtherBuilds(failing, lock)).rejects.toThrow("no");
  expect(existsSync(lock)).toBe(false);
});
