import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addBatch, addFile, addQuarantined, addRun, addSegment, readRow, readRows } from "../../test/ledger-rows.js";
import { noteLostOutput, recordRepublished, rejectedPlaces } from "./republish-batch.js";

describe("noteLostOutput", () => {
  it("has a loaded batch's lines made again, once however often it is found", async ({ pool }) => {
    const batchId = await addBatch(pool, await addRun(pool), { state: "loaded", damages: 1 });
    expect(await noteLostOutput(pool, batchId)).toBe(true);
    const lost = { state: "staged", restaging: true, republishing: true, damages: 2 };
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject(lost);
    expect(await noteLostOutput(pool, batchId)).toBe(false);
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject(lost);
  });

  it.for(["staged", "transformed", "failed", "cancelled"])(
    "leaves a batch as it is that is %s",
    async (state, { pool }) => {
      const batchId = await addBatch(pool, await addRun(pool), { state });
      expect(await noteLostOutput(pool, batchId)).toBe(false);
      expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({ state, restaging: false, damages: 0 });
    },
  );
});

describe("rejectedPlaces", () => {
  it("returns of a run over files what the batch put into quarantine, whatever became of it", async ({ pool }) => {
    const runId = await addRun(pool);
    const fileId = await addFile(pool, runId);
    const [batchId, other] = [await addBatch(pool, runId), await addBatch(pool, runId)];
    await addQuarantined(pool, runId, fileId, { batch_id: batchId, line: 3 });
    await addQuarantined(pool, runId, fileId, { batch_id: batchId, line: 5, status: "replayed" });
    await addQuarantined(pool, runId, fileId, { batch_id: batchId, line: null });
    const elsewhere = await addQuarantined(pool, runId, fileId, { batch_id: other, line: 9 });
    const places = await rejectedPlaces(pool, batchId, "files", [elsewhere]);
    expect(places.map(({ line }) => line).sort()).toEqual([3, 5]);
    expect(places[0]?.fileId).toBe(fileId);
  });

  it("returns of a replay what it could not load either", async ({ pool }) => {
    const runId = await addRun(pool);
    const fileId = await addFile(pool, runId);
    const batchId = await addBatch(pool, runId);
    const ids: number[] = [];
    for (const [line, status] of ["open", "replayed", "discarded", "erased"].entries()) {
      ids.push(await addQuarantined(pool, runId, fileId, { line, status }));
    }
    await addQuarantined(pool, runId, fileId, { line: 9 });
    const places = await rejectedPlaces(pool, batchId, "replay", ids);
    expect(places.map(({ line }) => line).sort()).toEqual([0, 2, 3]);
    expect(await rejectedPlaces(pool, batchId, "replay", [])).toEqual([]);
  });
});

describe("recordRepublished", () => {
  it("says where the output lies now; what was published before stays published", async ({ pool, client }) => {
    const runId = await addRun(pool);
    const fileId = await addFile(pool, runId);
    const batchId = await addBatch(pool, runId, { state: "transformed", restaging: true, republishing: true });
    for (const [position, published_bytes] of [5, 0, 7].entries()) {
      await addSegment(pool, batchId, fileId, { position, published_offset: 1, published_bytes });
    }
    const parts = [10, 20, 30].map((offset) => ({ offset, bytes: offset + 1 }));
    await recordRepublished(client, runId, batchId, "2", parts);
    await client.query("commit");
    const loaded = { state: "loaded", restaging: false, republishing: false, output: "2" };
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject(loaded);
    expect(await readRows(pool, "ledger.batch_segments", "position", "published_offset", "published_bytes")).toEqual([
      { position: 0, published_offset: 10, published_bytes: 11 },
      { position: 1, published_offset: 1, published_bytes: 0 },
      { position: 2, published_offset: 30, published_bytes: 31 },
    ]);
  });
});
