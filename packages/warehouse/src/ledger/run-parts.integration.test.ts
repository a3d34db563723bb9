import { randomUUID } from "node:crypto";
import { NotFoundError } from "@lethe/contracts/errors";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addBatch, addFile, addRun, addSegment } from "../../test/ledger-rows.js";
import { markTransformed } from "./load-batch.js";
import { listRunBatches, listRunFiles } from "./run-parts.js";

const AT = "2020-01-01T05:00:00.000Z";

describe("listRunBatches", () => {
  it("goes through a run's batches by their numbers, each with its first file and the times of its stages", async ({
    pool,
  }) => {
    const runId = await addRun(pool);
    await addBatch(pool, await addRun(pool, { job: "products" }), { number: 0 });
    const fileId = await addFile(pool, runId);
    const other = await addFile(pool, runId, { path: "date=2020-01-01/hour=06/customers.json", partition_hour: 6 });
    const staged = await addBatch(pool, runId, { number: 0, created_at: AT });
    for (const [position, file_id] of [fileId, other, fileId].entries()) {
      await addSegment(pool, staged, file_id, { position });
    }
    const loaded = await addBatch(pool, runId, {
      ...{ number: 1, state: "loaded", created_at: AT, transformed_at: AT, loaded_at: AT, transform_ms: 5, load_ms: 6 },
      ...{ records_in: 3, records_loaded: 2, records_rejected: 1 },
    });
    const failed = { number: 2, state: "failed", failed_at: AT, error_code: "x", error_message: "y" };
    await addBatch(pool, runId, failed);
    const first = await listRunBatches(pool, runId, { limit: 2 });
    expect(first).toEqual({
      batches: [
        {
          ...{ id: staged, number: 0, state: "staged", bytes: 100, files: 2, error: null },
          records: { in: 0, loaded: 0, rejected: 0 },
          file: { path: "date=2020-01-01/hour=05/customers.json", partition: "2020-01-01T05" },
          ...{ extractedAt: AT, transformedAt: null, loadedAt: null, failedAt: null },
          durationsMs: { transform: 0, load: 0 },
        },
        {
          ...{ id: loaded, number: 1, state: "loaded", bytes: 100, files: 0, error: null },
          records: { in: 3, loaded: 2, rejected: 1 },
          file: null,
          ...{ extractedAt: AT, transformedAt: AT, loadedAt: AT, failedAt: null },
          durationsMs: { transform: 5, load: 6 },
        },
      ],
      nextCursor: 1,
    });
    const last = await listRunBatches(pool, runId, { limit: 2, after: first.nextCursor ?? undefined });
    expect(last).toMatchObject({
      batches: [{ number: 2, failedAt: AT, error: { code: "x", message: "y" } }],
      nextCursor: null,
    });
  });

  it("has the time at which a batch was transformed", async ({ pool }) => {
    const runId = await addRun(pool);
    const batchId = await addBatch(pool, runId);
    const before = Date.now();
    await markTransformed(pool, batchId, 1, 1);
    const { batches } = await listRunBatches(pool, runId, { limit: 2 });
    expect(Date.parse(batches[0]?.transformedAt ?? "")).toBeGreaterThan(before - 10_000);
  });

  it("does not know a run that there is not, and has none of one that has none", async ({ pool }) => {
    await expect(listRunBatches(pool, randomUUID(), { limit: 2 })).rejects.toThrow(NotFoundError);
    expect(await listRunBatches(pool, await addRun(pool), { limit: 2 })).toEqual({ batches: [], nextCursor: null });
  });
});

describe("listRunFiles", () => {
  it("goes through the files that a run took", async ({ pool }) => {
    const runId = await addRun(pool);
    await addFile(pool, await addRun(pool, { job: "products" }));
    const done = await addFile(pool, runId, {
      ...{ state: "done", created_at: AT, done_at: AT, batches_total: 2, batches_loaded: 2 },
      ...{ records_in: 3, records_loaded: 2, records_rejected: 1 },
    });
    const open = await addFile(pool, runId);
    const first = await listRunFiles(pool, runId, { limit: 1 });
    expect(first).toEqual({
      files: [
        {
          ...{ id: done, path: "date=2020-01-01/hour=05/customers.json", partition: "2020-01-01T05", state: "done" },
          bytes: 100,
          batches: { total: 2, loaded: 2 },
          records: { in: 3, loaded: 2, rejected: 1 },
          ...{ takenAt: AT, doneAt: AT },
        },
      ],
      nextCursor: done,
    });
    const last = await listRunFiles(pool, runId, { limit: 1, after: done });
    expect(last).toMatchObject({ files: [{ id: open, state: "open", doneAt: null }], nextCursor: null });
  });

  it("goes through the archived files of a backfill in the order in which it takes them", async ({ pool }) => {
    const runId = await addRun(pool, { state: "succeeded" });
    const late = await addFile(pool, runId, { state: "done" });
    const early = await addFile(pool, runId, { state: "done" });
    const backfill = await addRun(pool, { kind: "backfill" });
    await pool.query(
      "insert into ledger.backfill_files (run_id, position, file_id, outcome) values ($1, 1, $2, 'staged'), ($1, 2, $3, null)",
      [backfill, early, late],
    );
    const { files, nextCursor } = await listRunFiles(pool, backfill, { limit: 1 });
    expect({ files, nextCursor }).toMatchObject({ files: [{ id: early, state: "done" }], nextCursor: 1 });
    expect(await listRunFiles(pool, backfill, { limit: 5, after: 1 })).toMatchObject({
      files: [{ id: late, state: "open" }],
      nextCursor: null,
    });
    await pool.query("delete from ledger.backfill_files");
  });

  it("does not know a run that there is not", async ({ pool }) => {
    await expect(listRunFiles(pool, randomUUID(), { limit: 2 })).rejects.toThrow(NotFoundError);
  });
});
