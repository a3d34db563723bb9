import { afterEach, expect, it, vi } from "vitest";
import { createCounter } from "./counter.js";

afterEach(() => {
  vi.useRealTimers();
});

it("counts within a window, and begins again after it", () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const counter = createCounter(60_000, 10);
  expect([counter.add("a"), counter.add("a"), counter.add("b")]).toEqual([1, 2, 1]);
  vi.setSystemTime(Date.now() + 59_500);
  expect([counter.count("a"), counter.secondsLeft("a")]).toEqual([2, 1]);
  counter.restart("b");
  vi.setSystemTime(Date.now() + 500);
  expect([counter.count("a"), counter.count("b"), counter.add("a")]).toEqual([0, 1, 1]);
});

it("remembers no more keys than it may, and forgets the oldest", () => {
  const counter = createCounter(60_000, 3);
  for (const key of ["a", "b", "c"]) counter.add(key);
  counter.restart("a");
  counter.add("d");
  expect(["a", "b", "c", "d"].map(counter.count)).toEqual([1, 0, 1, 1]);
});
