import { expect, test } from "vitest";
import { parseStat } from "./process-tree.mjs";

test("reads a process's stat, whatever its name holds", () => {
  const stat = "42 (a) b (c) S 7 42 42 0 -1 4194560 5 6 7 8 150 50 30 20 20 0 11 0 123";
  expect(parseStat(stat)).toEqual({ parent: 7, cpuSeconds: 2, childrenSeconds: 0.5 });
});
