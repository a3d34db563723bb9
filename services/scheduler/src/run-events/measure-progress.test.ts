import type { RunState } from "@lethe/contracts/runs";
import { describe, expect, it } from "vitest";
import { runDetail } from "../../test/run-detail.js";
import { createProgressMeter } from "./measure-progress.js";

function at(state: RunState, done: number, rows: number, total = 10) {
  return runDetail({
    state,
    batches: { total, done, failed: 0 },
    records: { in: rows, loaded: rows - 1, rejected: 1, rejectedByReason: {} },
  });
}

describe("createProgressMeter", () => {
  it("measures rows a second over the last ten seconds, and how long the rest takes at that speed", () => {
    const measure = createProgressMeter();
    expect(measure(at("processing", 0, 0), 1_000)).toMatchObject({ rowsPerSecond: 0, secondsLeft: null });
    expect(measure(at("processing", 2, 2_000), 3_000)).toMatchObject({
      batches: { done: 2, total: 10 },
      rowsLoaded: 1_999,
      rowsPerSecond: 1_000,
      secondsLeft: 8,
    });
    expect(measure(at("processing", 4, 2_400), 23_000)).toMatchObject({ rowsPerSecond: 20, secondsLeft: 60 });
  });

  it("says by the whole time what the last seconds do not tell", () => {
    const measure = createProgressMeter();
    measure(at("processing", 0, 0), 0);
    measure(at("processing", 5, 5_000), 10_000);
    measure(at("processing", 5, 5_000), 11_000);
    for (let now = 12_000; now <= 40_000; now += 1_000) measure(at("processing", 5, 5_000), now);
    expect(measure(at("processing", 5, 5_000), 41_000)).toMatchObject({ rowsPerSecond: 0, secondsLeft: 41 });
  });

  it.each<RunState>(["queued", "extracting", "finishing", "succeeded"])(
    "does not know what is left while %s",
    (state) => {
      const measure = createProgressMeter();
      measure(at(state, 0, 0), 0);
      expect(measure(at(state, 5, 5_000), 10_000).secondsLeft).toBeNull();
    },
  );

  it("never measures backwards, as when a failed run is taken up again", () => {
    const measure = createProgressMeter();
    measure(at("processing", 5, 5_000), 0);
    expect(measure(at("processing", 2, 2_000), 1_000)).toMatchObject({ rowsPerSecond: 0, secondsLeft: null });
  });
});
