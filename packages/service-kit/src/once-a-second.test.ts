import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { onceASecond } from "./once-a-second.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

it("asks once for all who ask within a second, and again afterwards", async () => {
  let asked = 0;
  const ask = onceASecond(async () => ++asked);
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
  vi.advanceTimersByTime(999);
  expect(await ask()).toBe(1);
  vi.advanceTimersByTime(1);
  expect(await ask()).toBe(2);
});

it("asks once while no answer comes, however long that takes", async () => {
  let asked = 0;
  let reply: (value: string) => void = () => undefined;
  const ask = onceASecond(() => {
    asked += 1;
    return new Promise<string>((resolve) => {
      reply = resolve;
    });
  });
  const first = ask();
  vi.advanceTimersByTime(60_000);
  const second = ask();
  reply("late");
  expect(await Promise.all([first, second])).toEqual(["late", "late"]);
  expect(asked).toBe(1);
});

it("keeps a failure for a second, too", async () => {
  let asked = 0;
  const ask = onceASecond(async () => {
    asked += 1;
    throw new Error("away");
  });
  await expect(ask()).rejects.toThrow("away");
  await expect(ask()).rejects.toThrow("away");
  vi.advanceTimersByTime(1_000);
  await expect(ask()).rejects.toThrow("away");
  expect(asked).toBe(2);
});
