import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { identify, isRunning } from "./process-identity.js";

test("a process is running until it ends", async () => {
  const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "ignore"] });
  await once(child, "spawn");
  const identity = await identify(child.pid ?? 0);
  expect(await isRunning(identity)).toBe(true);
  child.stdin.end();
  await once(child, "exit");
  expect(await isRunning(identity)).toBe(false);
});

test("another process with the same number is not the one that was meant", async () => {
  expect(await isRunning({ ...(await identify(process.pid)), startedAt: "1" })).toBe(false);
});
