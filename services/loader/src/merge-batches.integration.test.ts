import { gunzipSync } from "node:zlib";
import { StaleSuppressionError } from "@lethe/contracts/errors";
import { lockBatch, readBatch } from "@lethe/warehouse/ledger/load-batch";
import { inTransaction, type Pool } from "@lethe/warehouse/pool";
import { describe, expect } from "vitest";
import { addFile, addQuarantined, addRun, readRow, readRows } from "../../../packages/warehouse/test/ledger-rows.js";
import { it, outputOf, stageTransformed } from "../test/loader-fixture.js";
import { addCustomerAndProduct, sale } from "../test/sales.js";
import type { LoaderContext } from "./context.js";
import { mergeBatches } from "./merge-batches.js";

/** Adds a run over transactions with a file, and a customer and a product to sell to and to sell. */
async function addSalesRun(pool: Pool, columns = {}) {
  const runId = await addRun(pool, { job: "transactions", ...columns });
  const fileId = await addFile(pool, runId, { dataset: "transactions" });
  await addCustomerAndProduct(pool, fileId);
  return { runId, fileId };
}

async function merge(context: LoaderContext, ...batches: { runId: string; batchId: string }[]) {
  const { dataset, kind } = await readBatch(context.pool, batches[0]?.batchId ?? "");
  if (kind === "plan") throw new Error("a plan is not merged");
  return inTransaction(context.pool, async (client) => {
    for (const { batchId } of batches) await lockBatch(client, batchId);
    return mergeBatches(client, context, { dataset, kind }, batches);
  });
}

describe("mergeBatches", () => {
  it("loads several parts at once, and puts the rejects of each into quarantine as its own", async ({
    context,
    pool,
  }) => {
    const { runId, fileId } = await addSalesRun(pool);
    const other = await addFile(pool, runId, { dataset: "transactions" });
    const first = [{ fileId, records: [sale(1), sale(2, "nobody")] }];
    const second = [
      { fileId: other, records: [sale(3)] },
      { fileId, records: [sale(1)], segment: { firstLine: 31 } },
    ];
    const one = await stageTransformed(context, runId, "transactions", first);
    const two = await stageTransformed(context, runId, "transactions", second);
    expect(await merge(context, one, two)).toMatchObject({
      ...{ batches: [one, two], loaded: 2, rejected: 2 },
      rejectedByReason: { duplicate: 1, unknown_customer: 1 },
    });
    const loaded = await readRows(pool, "warehouse.transactions", "right(transaction_id::text, 1) as number");
    expect(loaded).toEqual([{ number: "1" }, { number: "3" }]);
    const rejects = await readRows(
      pool,
      "ledger.quarantine",
      "line",
      "batch_id",
      "file_id",
      "reason",
      "missing_key",
      "payload",
    );
    expect(rejects.map(({ payload, ...place }) => ({ ...place, payload: JSON.parse(String(payload)) }))).toEqual([
      {
        line: 2,
        batch_id: one.batchId,
        file_id: fileId,
        reason: "unknown_customer",
        missing_key: "nobody",
        payload: sale(2, "nobody"),
      },
      { line: 31, batch_id: two.batchId, file_id: fileId, reason: "duplicate", missing_key: null, payload: sale(1) },
    ]);
    const counts = { state: "loaded", records_in: 2, records_loaded: 1, records_rejected: 1 };
    const reasons = [{ unknown_customer: 1 }, { duplicate: 1 }];
    for (const [i, { batchId }] of [one, two].entries()) {
      expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({
        ...counts,
        rejected_by_reason: reasons[i],
      });
    }
    const ofFile = { batches_loaded: 2, records_in: 3, records_loaded: 1, records_rejected: 2 };
    expect(await readRow(pool, "ledger.files", fileId)).toMatchObject(ofFile);
  });

  it("writes what was loaded of each part for the publication, a member of gzip for each segment", async ({
    context,
    pool,
  }) => {
    const { runId, fileId } = await addSalesRun(pool);
    const files = [
      { fileId, records: [sale(1), sale(2, "nobody")] },
      { fileId, records: [sale(3, "nobody")] },
    ];
    const batch = await stageTransformed(context, runId, "transactions", files);
    await merge(context, batch);
    const output = await context.staging.read(batch, await outputOf(context, batch));
    const parts = await readRows(pool, "ledger.batch_segments", "position", "published_offset", "published_bytes");
    expect(parts).toEqual([
      { position: 0, published_offset: 0, published_bytes: output.length },
      { position: 1, published_offset: output.length, published_bytes: 0 },
    ]);
    const lines = gunzipSync(output).toString().trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).transaction_id.slice(-1))).toEqual(["1"]);
  });

  it.for([
    ["older", 0],
    ["newer", 2],
  ] as const)("loads no part when one was masked under a list that is %s", async ([_age, epoch], { context, pool }) => {
    const { runId, fileId } = await addSalesRun(pool);
    await pool.query("update privacy.suppression_epoch set epoch = 1");
    const current = await stageTransformed(context, runId, "transactions", [{ fileId, records: [sale(1)] }], {
      epoch: 1,
    });
    const stale = await stageTransformed(context, runId, "transactions", [{ fileId, records: [sale(2)] }], { epoch });
    await expect(merge(context, current, stale)).rejects.toThrow(StaleSuppressionError);
    expect(await readRows(pool, "warehouse.transactions", "transaction_id")).toEqual([]);
    for (const { batchId } of [current, stale]) {
      expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({ state: "transformed" });
    }
    expect(await merge(context, current)).toMatchObject({ loaded: 1 });
  });

  it("does not ask for the list where rows hold no people", async ({ context, pool }) => {
    const runId = await addRun(pool, { job: "products" });
    const fileId = await addFile(pool, runId, { dataset: "products" });
    const product = { sku: 50_121, name: "Tea", price: "4.99", category: "Food", popularity: 0.5 };
    const files = [{ fileId, records: [product] }];
    const batch = await stageTransformed(context, runId, "products", files, { epoch: 7 });
    expect(await merge(context, batch)).toMatchObject({ loaded: 1, rejected: 0 });
  });

  it("resolves what a replay loads, and leaves open what it rejects again", async ({ context, pool }) => {
    const { runId, fileId } = await addSalesRun(pool, { kind: "replay" });
    const counts = { state: "done", records_in: 2, records_rejected: 2 };
    const from = await addFile(pool, runId, { dataset: "transactions", ...counts });
    const waiting = { dataset: "transactions", reason: "unknown_customer", missing_key: "013000" };
    const ids = [
      await addQuarantined(pool, runId, fileId, waiting),
      await addQuarantined(pool, runId, fileId, waiting),
    ];
    const records = [sale(1), sale(2, "nobody")];
    const replay = { segment: { lines: [7, 9], quarantineIds: ids } };
    const batch = await stageTransformed(context, runId, "transactions", [{ fileId: from, records, ...replay }]);
    await merge(context, batch);
    expect(await readRow(pool, "ledger.quarantine", ids[0] ?? 0)).toMatchObject({ status: "replayed" });
    expect(await readRow(pool, "ledger.quarantine", ids[1] ?? 0)).toMatchObject({
      status: "open",
      missing_key: "nobody",
    });
    expect(await readRow(pool, "ledger.files", from)).toMatchObject({ records_loaded: 1, records_rejected: 1 });
  });
});
