import { expect, test } from "vitest";
import { toMarkdown } from "./markdown.mjs";
import { toResults } from "./results.mjs";

const machine = {
  cpu: "a processor",
  cores: 2,
  memoryGb: 8,
  system: "linux 6",
  node: "v20",
  commit: "abc",
  measuredAt: "2030-01-02T03:04:05.000Z",
};
const bulk = (ratio, peak) => ({
  machine,
  tookSeconds: 60,
  figures: { ratioToFloor: { median: ratio, runs: [ratio] } },
  peaks: { loader: { median: peak, runs: [peak] } },
  details: { transactions: 10, lines: 30, seconds: { lethe: { median: 2, runs: [2] } } },
});
/** Returns the cells of the line that holds a text. */
const cellsOf = (markdown, text) => {
  const line = markdown.split("\n").find((one) => one.includes(text)) ?? "";
  return line.split("|").map((cell) => cell.trim());
};

test.each([
  [1.5, "met"],
  [1.51, "not met"],
])("a ratio of %d to the floor is %s", (ratio, verdict) => {
  const cells = cellsOf(toMarkdown(toResults({ bulk: bulk(ratio, 100) })), "hourly files");
  expect(cells).toContain(String(ratio));
  expect(cells).toContain(verdict);
});

test("a service above the bound spoils the verdict on memory", () => {
  expect(cellsOf(toMarkdown(toResults({ bulk: bulk(1, 301) })), "peak of memory")).toContain("not met");
});

test("says how fast each contender was, and what it ran on", () => {
  const markdown = toMarkdown(toResults({ bulk: bulk(1, 100) }));
  expect(cellsOf(markdown, "| lethe")).toContain("20");
  expect(markdown).toContain("a processor, 2 cores, 8 GB");
});
