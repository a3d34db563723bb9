import { gunzipSync } from "node:zlib";
import { StagedObjectError } from "@lethe/contracts/errors";
import type { BatchRef } from "@lethe/storage/staging";
import { readBatch } from "@lethe/warehouse/ledger/load-batch";
import { noteLostOutput } from "@lethe/warehouse/ledger/republish-batch";
import { describe, expect } from "vitest";
import { addFile, addRun, readRow, readRows } from "../../../packages/warehouse/test/ledger-rows.js";
import { it, outputOf, stageTransformed } from "../test/loader-fixture.js";
import { addCustomerAndProduct, sale } from "../test/sales.js";
import type { LoaderContext } from "./context.js";
import { loadBatches } from "./load-batches.js";
import { republishBatch } from "./republish-batch.js";
import { sendBackLostOutput } from "./send-back-lost-output.js";

const NEVER = new AbortController().signal;

/** Stages and loads a batch of two sales, of which one is rejected. */
async function loadOne(context: LoaderContext, log: Parameters<typeof loadBatches>[3]): Promise<BatchRef> {
  const runId = await addRun(context.pool, { job: "transactions" });
  const fileId = await addFile(context.pool, runId, { dataset: "transactions" });
  await addCustomerAndProduct(context.pool, fileId);
  const records = [sale(1, "nobody"), sale(2)];
  const batch = await stageTransformed(context, runId, "transactions", [{ fileId, records }]);
  await loadBatches(context, batch, await readBatch(context.pool, batch.batchId), log, NEVER);
  return batch;
}

describe("sendBackLostOutput", () => {
  it.for(["is missing", "is too short"])(
    "has a loaded batch made again whose output %s",
    async (fault, { context, pool, queues, log }) => {
      const batch = await loadOne(context, log);
      expect(await sendBackLostOutput(context, batch.runId, log)).toBe(0);
      if (fault === "is missing") await context.staging.removeAllBut(batch, []);
      else await context.staging.write(batch, await outputOf(context, batch), [Buffer.from("short")]);
      expect(await sendBackLostOutput(context, batch.runId, log)).toBe(1);
      const sentBack = { state: "staged", restaging: true, republishing: true };
      expect(await readRow(pool, "ledger.batches", batch.batchId)).toMatchObject(sentBack);
      const jobs = await queues.byJob.restage.getJobs();
      expect(jobs.filter(({ data }) => data.batchId === batch.batchId)).toHaveLength(1);
      // A second finish job must not take it for damage that nothing heals.
      expect(await sendBackLostOutput(context, batch.runId, log)).toBe(1);
      expect(await queues.byJob.restage.getJobs()).toHaveLength(jobs.length);
    },
  );
});

describe("republishBatch", () => {
  it("makes the output anew without what was rejected, and loads no row again", async ({ context, pool, log }) => {
    const batch = await loadOne(context, log);
    const before = await context.staging.read(batch, await outputOf(context, batch));
    const rows = await readRows(pool, "warehouse.transactions", "transaction_id", "transaction_time");
    await context.staging.write(batch, await outputOf(context, batch), [Buffer.from("short")]);
    await noteLostOutput(pool, batch.batchId);
    await republishBatch(context, batch, await readBatch(pool, batch.batchId), NEVER);
    const again = await context.staging.read(batch, await outputOf(context, batch));
    expect(gunzipSync(again)).toEqual(gunzipSync(before));
    expect(JSON.parse(gunzipSync(again).toString()).transaction_id).toMatch(/2$/);
    const loaded = { state: "loaded", restaging: false, republishing: false };
    expect(await readRow(pool, "ledger.batches", batch.batchId)).toMatchObject(loaded);
    expect(await readRows(pool, "ledger.batch_segments", "published_bytes")).toEqual([
      { published_bytes: again.length },
    ]);
    expect(await readRows(pool, "warehouse.transactions", "transaction_id", "transaction_time")).toEqual(rows);
    expect(await readRows(pool, "ledger.quarantine", "line")).toEqual([{ line: 1 }]);
  });

  it("leaves a batch alone that another delivery has published again", async ({ context, pool, log }) => {
    const batch = await loadOne(context, log);
    await context.staging.write(batch, await outputOf(context, batch), [Buffer.from("of the other")]);
    await republishBatch(context, batch, await readBatch(pool, batch.batchId), NEVER);
    expect((await context.staging.read(batch, await outputOf(context, batch))).toString()).toBe("of the other");
  });

  it("asks for the batch to be transformed again where what is staged of it is gone", async ({
    context,
    pool,
    log,
  }) => {
    const batch = await loadOne(context, log);
    await noteLostOutput(pool, batch.batchId);
    await context.staging.removeAllBut(batch, []);
    const info = await readBatch(pool, batch.batchId);
    await expect(republishBatch(context, batch, info, NEVER)).rejects.toThrow(StagedObjectError);
    expect(await readRow(pool, "ledger.batches", batch.batchId)).toMatchObject({ state: "staged", republishing: true });
  });
});
