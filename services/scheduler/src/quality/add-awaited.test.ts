import { expectArrivals } from "@lethe/quality/expect-arrivals";
import { HOUR_MS, hourAt, partitionOf } from "@lethe/quality/partition-hours";
import { describe, expect, it } from "vitest";
import { addAwaited } from "./add-awaited.js";

const NOW = new Date("2026-03-20T10:20:00Z");
const THIS_HOUR = hourAt(NOW);
const arrivals = Array.from({ length: 15 * 24 }, (_, i) => THIS_HOUR - 1 - i).map((hour) => ({
  hour,
  at: (hour + 1) * HOUR_MS + 10 * 60_000,
}));
const expectation = expectArrivals(arrivals, { lateAfterMinutes: 90 }, HOUR_MS);

function columns(...hours: number[]) {
  const each = hours.map(() => 1);
  return { hours, states: "l".repeat(hours.length), files: each, loaded: each, rejected: each, failedChecks: [] };
}

describe("addAwaited", () => {
  it("puts what is expected and not due yet in its place, the hour that has begun included", () => {
    const known = columns(THIS_HOUR - 3, THIS_HOUR - 1, THIS_HOUR + 20);
    expect(addAwaited(known, expectation, {}, NOW)).toEqual({
      hours: [THIS_HOUR - 3, THIS_HOUR - 2, THIS_HOUR - 1, THIS_HOUR, THIS_HOUR + 20],
      states: "lalal",
      files: [1, 0, 1, 0, 1],
      loaded: [1, 0, 1, 0, 1],
      rejected: [1, 0, 1, 0, 1],
      failedChecks: [],
    });
  });

  it("keeps to the range", () => {
    const at = (hour: number) => addAwaited(columns(), expectation, { from: partitionOf(hour) }, NOW).hours;
    expect(at(THIS_HOUR)).toEqual([THIS_HOUR]);
    expect(at(THIS_HOUR + 1)).toEqual([]);
  });

  it("adds nothing where nothing is expected", () => {
    expect(addAwaited(columns(1), undefined, {}, NOW)).toEqual(columns(1));
  });
});
