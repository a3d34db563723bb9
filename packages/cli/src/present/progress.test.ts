import { PassThrough } from "node:stream";
import type { Run } from "@lethe/contracts/runs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleRun } from "../../test/sample-run.js";
import { canRedraw } from "../terminal.js";
import { createPaceKeeper } from "./pace.js";
import { createProgress } from "./progress.js";
import { formatProgressLine } from "./progress-line.js";

const processing = (done: number, total: number, records = done * 1_000) =>
  sampleRun({
    state: "processing",
    batches: { total, done, failed: 0 },
    records: { in: records, loaded: records, rejected: 0, rejectedByReason: {} },
  });
const queued = {
  ...processing(0, 0),
  state: "queued" as const,
};

/** Records what is noted, under a clock that only `pass` moves. */
function watched(columns?: number) {
  const lines: string[] = [];
  let now = 0;
  const progress = createProgress(
    { print: () => {}, note: (text) => lines.push(text), bars: undefined, columns },
    () => now,
  );
  return {
    lines,
    progress,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe("without a terminal", () => {
  it("writes a line for each state, and every few seconds, with rate and time left", () => {
    const { lines, progress, pass } = watched();
    progress.show(queued);
    for (let done = 0; done <= 200; done += 1) {
      progress.show(processing(done, 1_000));
      pass(100);
    }
    progress.show(sampleRun({ state: "succeeded", batches: { total: 1_000, done: 1_000, failed: 0 } }));
    progress.stop();
    expect(lines).toEqual([
      "transactions: queued",
      "transactions: processing, 0 of 1,000 batches, 0 records",
      "transactions: processing, 50 of 1,000 batches, 50,000 records, 10,000/s, 1 min 35 s left",
      "transactions: processing, 100 of 1,000 batches, 100,000 records, 10,000/s, 1 min 30 s left",
      "transactions: processing, 150 of 1,000 batches, 150,000 records, 10,000/s, 1 min 25 s left",
      "transactions: processing, 200 of 1,000 batches, 200,000 records, 10,000/s, 1 min 20 s left",
      "transactions: succeeded, 1,000 of 1,000 batches, 10 records",
    ]);
  });

  it("writes nothing again that has not changed", () => {
    const { lines, progress, pass } = watched();
    for (let i = 0; i < 5; i += 1) {
      progress.show(processing(3, 10));
      pass(60_000);
    }
    expect(lines).toHaveLength(1);
  });

  it("keeps to the width of a terminal that cannot draw a line anew", () => {
    const { lines, progress, pass } = watched(60);
    progress.show(processing(0, 1_000));
    pass(6_000);
    progress.show(processing(300, 1_000));
    expect(lines.at(-1)).toBe("transactions: processing, 300/1,000, 50,000/s, 14.0 s left");
  });
});

describe("the pace", () => {
  it("says no time left while batches are still being made, nor before any is done", () => {
    const pace = createPaceKeeper();
    pace.at(processing(0, 10), 0);
    expect(pace.at(processing(0, 10), 5_000).leftMs).toBeUndefined();
    expect(pace.at({ ...processing(5, 10), state: "extracting" }, 6_000)).toMatchObject({
      leftMs: undefined,
      recordsPerSecond: expect.any(Number),
    });
    expect(pace.at(processing(5, 10), 6_000).leftMs).toBe(6_000);
  });

  it("looks at the last seconds, not at the whole run", () => {
    const pace = createPaceKeeper();
    pace.at(processing(0, 10_000), 0);
    pace.at(processing(1_000, 10_000), 1_000);
    for (let second = 2; second <= 40; second += 1) pace.at(processing(1_000 + second, 10_000), second * 1_000);
    expect(pace.at(processing(1_041, 10_000), 41_000).recordsPerSecond).toBe(1_000);
  });
});

const COUNT = fc.integer({ min: 0, max: 2_000_000_000 });
const RUN: fc.Arbitrary<Run> = fc
  .record({
    job: fc.constantFrom("transactions", "erasure-requests"),
    kind: fc.constantFrom("files" as const, "replay" as const, "backfill" as const),
    trigger: fc.constantFrom("cli" as const, "schedule" as const),
    state: fc.constantFrom(
      "queued" as const,
      "extracting" as const,
      "processing" as const,
      "succeeded_with_warnings" as const,
    ),
    total: fc.oneof(fc.constant(0), COUNT),
    done: COUNT,
    failed: fc.integer({ min: 0, max: 10 }),
    records: COUNT,
  })
  .map(({ total, done, failed, records, ...rest }) =>
    sampleRun({
      ...rest,
      batches: { total, done: Math.min(done, total), failed: Math.min(failed, total) },
      records: { in: records, loaded: records, rejected: 0, rejectedByReason: {} },
    }),
  );
const PACE = fc.record({
  elapsedMs: COUNT,
  recordsPerSecond: fc.option(COUNT, { nil: undefined }),
  leftMs: fc.option(COUNT, { nil: undefined }),
});

describe("a line of progress", () => {
  it("fits into any width from 20 to 200, in one line", () => {
    fc.assert(
      fc.property(RUN, PACE, fc.integer({ min: 20, max: 200 }), fc.boolean(), (run, pace, width, hasBar) => {
        const line = formatProgressLine(run, pace, width, hasBar);
        expect(line.length).toBeLessThanOrEqual(width);
        expect(line.length).toBeGreaterThan(0);
        expect(line).not.toMatch(/\p{Cc}/u);
      }),
      { numRuns: 2_000 },
    );
  });

  it("says no less when it has more room", () => {
    fc.assert(
      fc.property(RUN, PACE, fc.integer({ min: 20, max: 199 }), fc.boolean(), (run, pace, width, hasBar) => {
        const [narrow, wide] = [width, width + 1].map((each) => formatProgressLine(run, pace, each, hasBar));
        expect(wide?.length).toBeGreaterThanOrEqual(narrow?.length ?? 0);
      }),
    );
  });

  it("says how long a run has taken while it finishes", () => {
    const pace = { elapsedMs: 75_000, recordsPerSecond: undefined, leftMs: undefined };
    const line = formatProgressLine({ ...processing(1, 1, 6), state: "finishing" }, pace, 80, false);
    expect(line).toBe("transactions: finishing, 1 of 1 batches, 6 records, 1 min 15 s");
  });

  it("says 100 % only when all is done", () => {
    const pace = { elapsedMs: 0, recordsPerSecond: undefined, leftMs: undefined };
    expect(formatProgressLine(processing(999, 1_000), pace, 24, true)).toBe("transactions 99 %");
    expect(formatProgressLine(processing(1_000, 1_000), pace, 24, true)).toBe("transactions 100 %");
  });
});

describe("on a terminal", () => {
  it("draws a bar that is full when the run is closed, also for a run without batches", () => {
    const bars = Object.assign(new PassThrough(), { isTTY: true, columns: 120 });
    let drawn = "";
    bars.on("data", (chunk: Buffer) => {
      drawn += chunk.toString();
    });
    const progress = createProgress({ print: () => {}, note: () => {}, bars });
    progress.show(queued);
    progress.show(sampleRun({ state: "succeeded", batches: { total: 0, done: 0, failed: 0 } }));
    progress.stop();
    expect(drawn).toMatch(/█{24} succeeded/);
  });

  it.each([
    ["xterm", undefined, true],
    ["dumb", undefined, false],
    ["xterm", "true", false],
    ["xterm", "false", true],
    [undefined, undefined, true],
  ])("with TERM=%s and CI=%s draws a line anew: %s", (TERM, CI, expected) => {
    expect(canRedraw({ TERM, CI })).toBe(expected);
  });
});
