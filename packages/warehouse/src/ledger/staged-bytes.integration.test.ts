import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addBatch, addFile, addRun, addSegment, readRow } from "../../test/ledger-rows.js";
import {
  forgetStaged,
  publishedBatches,
  readStagedSpace,
  settleStagedBytes,
  unpublishedBytes,
} from "./staged-bytes.js";

describe("readStagedSpace", () => {
  it("is nothing where nothing is staged", async ({ pool }) => {
    await addBatch(pool, await addRun(pool), { state: "loaded" });
    expect(await readStagedSpace(pool, 3)).toEqual({ bytes: 0, bytesOfClosedRuns: 0, batchesAtWork: 0 });
  });

  it("counts a batch at work with what it will grow to, or with what it takes up where that is more", async ({
    pool,
  }) => {
    const runId = await addRun(pool, { state: "extracting" });
    await addBatch(pool, runId, { state: "staged", bytes: 100, staged_bytes: 110 });
    await addBatch(pool, runId, { state: "transformed", bytes: 100, staged_bytes: 500 });
    expect(await readStagedSpace(pool, 3)).toEqual({ bytes: 800, bytesOfClosedRuns: 0, batchesAtWork: 2 });
  });

  it("counts what is loaded or of a closed run as it is, and says what closed runs keep", async ({ pool }) => {
    const open = await addRun(pool, { state: "finishing" });
    await addBatch(pool, open, { state: "loaded", bytes: 100, staged_bytes: 20 });
    const cancelled = await addRun(pool, { job: "products", state: "cancelled" });
    await addBatch(pool, cancelled, { state: "staged", bytes: 100, staged_bytes: 7 });
    const failed = await addRun(pool, { job: "transactions", state: "failed" });
    await addBatch(pool, failed, { state: "failed", bytes: 100, staged_bytes: 5 });
    expect(await readStagedSpace(pool, 3)).toEqual({ bytes: 32, bytesOfClosedRuns: 12, batchesAtWork: 0 });
  });
});

describe("unpublishedBytes", () => {
  it("adds up what loaded batches of all runs still have in staging", async ({ pool }) => {
    expect(await unpublishedBytes(pool)).toBe(0);
    const runs = [await addRun(pool), await addRun(pool, { job: "products" })];
    for (const runId of runs) {
      await addBatch(pool, runId, { state: "loaded", staged_bytes: 20 });
      await addBatch(pool, runId, { state: "staged", staged_bytes: 300 });
    }
    expect(await unpublishedBytes(pool)).toBe(40);
  });
});

describe("publishedBatches", () => {
  it("returns loaded batches of the run that hold room though nothing of them is left to publish", async ({ pool }) => {
    const runId = await addRun(pool);
    const fileId = await addFile(pool, runId);
    const staged = { state: "loaded", staged_bytes: 20 };
    const published = await addBatch(pool, runId, staged);
    await addSegment(pool, published, fileId, { published_bytes: 0 });
    const half = await addBatch(pool, runId, staged);
    await addSegment(pool, half, fileId, { published_bytes: 0 });
    await addSegment(pool, half, fileId, { position: 1, published_bytes: 9 });
    await addBatch(pool, runId, { ...staged, staged_bytes: 0 });
    await addBatch(pool, runId, { ...staged, state: "transformed" });
    await addBatch(pool, await addRun(pool, { job: "products" }), staged);
    expect(await publishedBatches(pool, runId)).toEqual([published]);
  });
});

describe("settleStagedBytes", () => {
  it("leaves of loaded batches what waits to be published, and of others all", async ({ pool }) => {
    const runId = await addRun(pool);
    const fileId = await addFile(pool, runId);
    const [loaded, empty, other] = [
      await addBatch(pool, runId, { state: "loaded", staged_bytes: 500 }),
      await addBatch(pool, runId, { state: "loaded", staged_bytes: 500 }),
      await addBatch(pool, runId, { state: "loaded", staged_bytes: 500 }),
    ];
    const working = await addBatch(pool, runId, { state: "transformed", staged_bytes: 500 });
    for (const position of [0, 1]) await addSegment(pool, loaded, fileId, { position, published_bytes: 9 });
    for (let i = 0; i < 2; i++) await settleStagedBytes(pool, runId, [loaded, empty, working]);
    const bytesOf = async (id: string) => (await readRow(pool, "ledger.batches", id)).staged_bytes;
    expect(await Promise.all([loaded, empty, other, working].map(bytesOf))).toEqual([18, 0, 500, 500]);
  });
});

describe("forgetStaged", () => {
  it("counts nothing of the runs that were removed, and all of the others", async ({ pool }) => {
    const [one, two] = [await addRun(pool), await addRun(pool, { job: "products" })];
    const [batch, other] = [
      await addBatch(pool, one, { staged_bytes: 5 }),
      await addBatch(pool, two, { staged_bytes: 7 }),
    ];
    await forgetStaged(pool, []);
    expect(await readRow(pool, "ledger.batches", batch)).toMatchObject({ staged_bytes: 5 });
    await forgetStaged(pool, [one]);
    expect(await readRow(pool, "ledger.batches", batch)).toMatchObject({ staged_bytes: 0 });
    expect(await readRow(pool, "ledger.batches", other)).toMatchObject({ staged_bytes: 7 });
  });
});
