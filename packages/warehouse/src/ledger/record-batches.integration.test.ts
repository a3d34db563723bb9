import { randomUUID } from "node:crypto";
import { RunStateError } from "@lethe/contracts/errors";
import { RUN_STATES } from "@lethe/contracts/runs";
import type { Segment } from "@lethe/contracts/staged-batch";
import { unfenced } from "@lethe/test-kit/unfenced";
import { describe, expect } from "vitest";
import { it, LOCKED } from "../../test/ledger-database.js";
import { addBatch, addFile, addRun, addSegment, readRow, readRows } from "../../test/ledger-rows.js";
import { inTransaction, type Pool } from "../pool.js";
import { completeFiles, nextLineOfFile, pendingBatches, recordBatch } from "./record-batches.js";

/** Ten lines of a file. */
function linesOf(fileId: number, segment: Partial<Segment> = {}): Segment {
  const partition = { date: "2020-01-01", hour: 5 };
  return { fileId, partition, encoding: "json", firstOrdinal: 0, firstLine: 1, lineCount: 10, ...segment };
}

async function record(pool: Pool, runId: string, segments: readonly Segment[]): Promise<string> {
  const id = randomUUID();
  await inTransaction(pool, (client) =>
    recordBatch(unfenced(client), { id, runId, bytes: 70, stagedBytes: 90, segments }),
  );
  return id;
}

describe("recordBatch", () => {
  it("numbers a run's batches from 1, and keeps their segments in order", async ({ pool }) => {
    const runId = await addRun(pool, { state: "extracting" });
    await addBatch(pool, await addRun(pool, { job: "products" }), { number: 40 });
    const fileId = await addFile(pool, runId);
    const first = await record(pool, runId, [linesOf(fileId), linesOf(fileId, { firstLine: 11, lineCount: 3 })]);
    const second = await record(pool, runId, [linesOf(fileId, { firstLine: 14, quarantineIds: [4, 7] })]);
    const staged = { state: "staged", bytes: 70, staged_bytes: 90, run_id: runId };
    expect(await readRow(pool, "ledger.batches", first)).toMatchObject({ ...staged, number: 1 });
    expect(await readRow(pool, "ledger.batches", second)).toMatchObject({ ...staged, number: 2 });
    const segments = await readRows(
      pool,
      "ledger.batch_segments",
      "first_line",
      "batch_id",
      "position",
      "line_count",
      "quarantine_ids",
    );
    expect(segments).toEqual([
      { batch_id: first, position: 0, first_line: 1, line_count: 10, quarantine_ids: null },
      { batch_id: first, position: 1, first_line: 11, line_count: 3, quarantine_ids: null },
      { batch_id: second, position: 0, first_line: 14, line_count: 10, quarantine_ids: ["4", "7"] },
    ]);
  });

  it.for(RUN_STATES.slice(4))("records nothing for a run that has %s", async (state, { pool }) => {
    const runId = await addRun(pool, { state });
    await expect(record(pool, runId, [])).rejects.toThrow(new RunStateError(`run ${runId} is closed`));
    await expect(record(pool, randomUUID(), [])).rejects.toThrow(RunStateError);
    expect(await readRows(pool, "ledger.batches", "id")).toEqual([]);
  });

  it("waits for a cancellation at work, and a cancellation waits for it", async ({ pool, client, hasty }) => {
    const runId = await addRun(pool, { state: "extracting" });
    const cancel = "update ledger.runs set state = 'cancelled' where id = $1";
    await client.query(cancel, [runId]);
    await expect(record(hasty, runId, [])).rejects.toMatchObject({ cause: LOCKED });
    await client.query("rollback; begin");
    await recordBatch(unfenced(client), { id: randomUUID(), runId, bytes: 0, stagedBytes: 0, segments: [] });
    await expect(hasty.query(cancel, [runId])).rejects.toMatchObject(LOCKED);
  });
});

describe("completeFiles", () => {
  it("counts the batches of a file that its own run made, each once", async ({ pool }) => {
    const [runId, replay] = [await addRun(pool), await addRun(pool, { kind: "replay" })];
    const [fileId, empty, other] = [await addFile(pool, runId), await addFile(pool, runId), await addFile(pool, runId)];
    await record(pool, runId, [linesOf(fileId), linesOf(fileId, { firstLine: 21 })]);
    await record(pool, runId, [linesOf(fileId, { firstLine: 11 })]);
    await record(pool, replay, [linesOf(fileId, { quarantineIds: [1] })]);
    await completeFiles(unfenced(pool), [fileId, empty]);
    expect(await readRow(pool, "ledger.files", fileId)).toMatchObject({ batches_total: 2 });
    expect(await readRow(pool, "ledger.files", empty)).toMatchObject({ batches_total: 0 });
    expect(await readRow(pool, "ledger.files", other)).toMatchObject({ batches_total: null });
  });

  it("completes nothing of an empty list", async ({ pool }) => {
    const fileId = await addFile(pool, await addRun(pool));
    await completeFiles(unfenced(pool), []);
    expect(await readRow(pool, "ledger.files", fileId)).toMatchObject({ batches_total: null });
  });
});

describe("nextLineOfFile", () => {
  it("is the line behind the last that stands in a batch of the file's own run; 1 before the first", async ({
    pool,
  }) => {
    const [runId, replay] = [await addRun(pool), await addRun(pool, { kind: "replay" })];
    const fileId = await addFile(pool, runId);
    expect(await nextLineOfFile(pool, fileId)).toBe(1);
    const batchId = await addBatch(pool, runId);
    await addSegment(pool, batchId, fileId, { first_line: 11, line_count: 5 });
    await addSegment(pool, batchId, fileId, { position: 1, first_line: 1, line_count: 10 });
    await addSegment(pool, await addBatch(pool, replay), fileId, { first_line: 900 });
    expect(await nextLineOfFile(pool, fileId)).toBe(16);
  });
});

describe("pendingBatches", () => {
  it("returns the batches that wait for a service, in their order", async ({ pool }) => {
    const runId = await addRun(pool);
    const second = await addBatch(pool, runId, { number: 2, state: "transformed" });
    const first = await addBatch(pool, runId, { number: 1 });
    for (const state of ["loaded", "failed", "cancelled"]) await addBatch(pool, runId, { state });
    await addBatch(pool, await addRun(pool, { job: "products" }));
    expect(await pendingBatches(pool, runId)).toEqual([first, second]);
  });
});
