import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { sampleRun } from "../../test/sample-run.js";
import { createProgress } from "./progress.js";

const processing = (done: number, total: number) =>
  sampleRun({ state: "processing", batches: { total, done, failed: 0 } });

describe("without a terminal", () => {
  it("writes a line for each state and each tenth of the batches, and no more", () => {
    const lines: string[] = [];
    const progress = createProgress({ print: () => {}, note: (text) => lines.push(text), bars: undefined });
    progress.show(sampleRun({ state: "queued", batches: { total: 0, done: 0, failed: 0 } }));
    for (let done = 0; done <= 1_000; done += 1) progress.show(processing(done, 1_000));
    progress.show(sampleRun({ state: "succeeded", batches: { total: 1_000, done: 1_000, failed: 0 } }));
    progress.stop();
    expect(lines).toHaveLength(1 + 11 + 1);
    expect(lines.at(-1)).toBe("transactions: succeeded, 1,000 of 1,000 batches, 10 records");
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
    progress.show(sampleRun({ state: "queued", batches: { total: 0, done: 0, failed: 0 } }));
    progress.show(sampleRun({ state: "succeeded", batches: { total: 0, done: 0, failed: 0 } }));
    progress.stop();
    expect(drawn).toMatch(/█{24} 0 of 0 batches · 10 records · succeeded/);
  });
});
