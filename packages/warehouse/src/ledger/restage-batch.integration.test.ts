import { randomUUID } from "node:crypto";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addBatch, addFile, addRun, addSegment, readRow } from "../../test/ledger-rows.js";
import { noteDamage, readOrigins, recordRestaged } from "./restage-batch.js";

const ENDED = ["loaded", "failed", "cancelled"];

describe("noteDamage", () => {
  it("makes damage good five times, then gives the batch up", async ({ pool }) => {
    const batchId = await addBatch(pool, await addRun(pool), { state: "transformed" });
    for (let damages = 1; damages <= 5; damages++) {
      expect(await noteDamage(pool, batchId, false)).toBe("once more");
      expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({
        state: "staged",
        damages,
        restaging: false,
      });
    }
    expect(await noteDamage(pool, batchId, false)).toBe("too often");
  });

  it("does not forget that the lines are to be made again", async ({ pool }) => {
    const batchId = await addBatch(pool, await addRun(pool), { state: "transformed" });
    await noteDamage(pool, batchId, true);
    await noteDamage(pool, batchId, false);
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({ restaging: true, damages: 2 });
  });

  it.for(ENDED)("leaves a batch as it is that is %s", async (state, { pool }) => {
    const batchId = await addBatch(pool, await addRun(pool), { state });
    expect(await noteDamage(pool, batchId, true)).toBe("ended");
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({ state, damages: 0, restaging: false });
  });

  it("counts each of several that notice it at once", async ({ pool }) => {
    const batchId = await addBatch(pool, await addRun(pool));
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => noteDamage(pool, batchId, false)));
    expect(outcomes.filter((outcome) => outcome === "too often")).toHaveLength(1);
  });
});

describe("readOrigins", () => {
  it("returns where each segment came from, in their order", async ({ pool }) => {
    const runId = await addRun(pool);
    const sha256 = Buffer.alloc(32, 7);
    const [one, two] = [
      await addFile(pool, runId, { path: "one.json", sha256 }),
      await addFile(pool, runId, { path: "two.json", partition_hour: 6 }),
    ];
    const batchId = await addBatch(pool, runId, { bytes: 70 });
    await addSegment(pool, batchId, two, { position: 1, first_line: 3, line_count: 4, quarantine_ids: [8, 9] });
    await addSegment(pool, batchId, one, { position: 0 });
    await addSegment(pool, await addBatch(pool, runId), one);
    const { bytes, segments } = await readOrigins(pool, batchId);
    expect(bytes).toBe(70);
    const kept = { fileRunId: runId, format: null, convertedFrom: null };
    const ofOne = { ...kept, fileId: one, path: "one.json", sha256, partition: { date: "2020-01-01", hour: 5 } };
    const ofTwo = {
      ...kept,
      fileId: two,
      path: "two.json",
      sha256: expect.any(Buffer),
      partition: { date: "2020-01-01", hour: 6 },
    };
    expect(segments).toEqual([
      { ...ofOne, firstLine: 1, lineCount: 10, quarantineIds: null },
      { ...ofTwo, firstLine: 3, lineCount: 4, quarantineIds: [8, 9] },
    ]);
  });

  it("returns nothing of a batch that is not there", async ({ pool }) => {
    expect(await readOrigins(pool, randomUUID())).toEqual({ bytes: 0, segments: [] });
  });
});

describe("recordRestaged", () => {
  it("has the batch transformed again from what is staged now", async ({ pool }) => {
    const runId = await addRun(pool);
    const batchId = await addBatch(pool, runId, { state: "transformed", restaging: true, staged_bytes: 900 });
    expect(await recordRestaged(pool, runId, batchId, { lines: 70, staged: 90 })).toBe(true);
    const staged = { state: "staged", restaging: false, bytes: 70, staged_bytes: 90 };
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject(staged);
  });

  it.for(ENDED)("leaves a batch as it is that is %s", async (state, { pool }) => {
    const runId = await addRun(pool);
    const batchId = await addBatch(pool, runId, { state });
    expect(await recordRestaged(pool, runId, batchId, { lines: 70, staged: 90 })).toBe(false);
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({ state, bytes: 100, staged_bytes: 0 });
  });
});
