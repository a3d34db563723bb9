import { StagedObjectError } from "@lethe/contracts/errors";
import { ofTransformation, STAGED } from "@lethe/contracts/staged-batch";
import type { BatchRef } from "@lethe/storage/staging";
import { readBatch } from "@lethe/warehouse/ledger/load-batch";
import type { Pool } from "@lethe/warehouse/pool";
import { describe, expect } from "vitest";
import { addFile, addRun, readRow, readRows } from "../../../packages/warehouse/test/ledger-rows.js";
import { it, stageTransformed, TRANSFORMATION } from "../test/loader-fixture.js";
import { addCustomerAndProduct, sale } from "../test/sales.js";
import type { LoaderContext } from "./context.js";
import { loadBatches } from "./load-batches.js";

const NEVER = new AbortController().signal;
const ROWS = ofTransformation(TRANSFORMATION, STAGED.table("stage_transactions"));

/** Stages batches of one sale each; returns them. */
async function stageSales(context: LoaderContext, count: number, columns = {}): Promise<BatchRef[]> {
  const runId = await addRun(context.pool, { job: "transactions", ...columns });
  const fileId = await addFile(context.pool, runId, { dataset: "transactions" });
  await addCustomerAndProduct(context.pool, fileId);
  const batches: BatchRef[] = [];
  for (let number = 1; number <= count; number++) {
    batches.push(await stageTransformed(context, runId, "transactions", [{ fileId, records: [sale(number)] }]));
  }
  return batches;
}

async function statesOf(pool: Pool): Promise<unknown[]> {
  return (await readRows(pool, "ledger.batches", "number", "state")).map(({ state }) => state);
}

describe("loadBatches", () => {
  it("loads the batches of a run in their order, whichever of them asks, and each once", async ({
    context,
    pool,
    log,
  }) => {
    const [first, second, third] = await stageSales(context, 3);
    if (second === undefined) throw new Error("no batch was staged");
    const info = await readBatch(pool, second.batchId);
    const loaded = await loadBatches(context, second, info, log, NEVER);
    expect(loaded).toEqual({ batches: [first, second, third], loaded: 3, rejected: 0, next: undefined });
    expect(await statesOf(pool)).toEqual(["loaded", "loaded", "loaded"]);
    const again = await loadBatches(context, second, info, log, NEVER);
    expect(again).toEqual({ batches: [], loaded: 0, rejected: 0, next: undefined });
    expect(await readRows(pool, "warehouse.transactions", "transaction_id")).toHaveLength(3);
  });

  it("loads no more at once than the dataset allows", async ({ context, pool, log }) => {
    const batches = await stageSales(context, 6);
    const [first] = batches;
    if (first === undefined) throw new Error("no batch was staged");
    const { batches: loaded, next } = await loadBatches(
      context,
      first,
      await readBatch(pool, first.batchId),
      log,
      NEVER,
    );
    expect(loaded).toEqual(batches.slice(0, context.datasets.get("transactions").merge.batchesAtOnce));
    expect(next).toBe(batches[loaded.length]?.batchId);
  });

  it("goes on until the batch itself is loaded", async ({ context, pool, log }) => {
    const batches = await stageSales(context, 6);
    const last = batches[5];
    if (last === undefined) throw new Error("no batch was staged");
    const loaded = await loadBatches(context, last, await readBatch(pool, last.batchId), log, NEVER);
    expect(loaded).toEqual({ batches, loaded: 6, rejected: 0, next: undefined });
  });

  it("waits for a batch that is not transformed, and goes on behind one that has failed", async ({
    context,
    pool,
    log,
  }) => {
    const [first, second, third] = await stageSales(context, 3);
    if (first === undefined || second === undefined || third === undefined) throw new Error("no batch was staged");
    await pool.query("update ledger.batches set state = 'staged' where id = $1", [second.batchId]);
    const ofThird = await loadBatches(context, third, await readBatch(pool, third.batchId), log, NEVER);
    expect(ofThird.batches).toEqual([first]);
    await pool.query("update ledger.batches set state = 'failed' where id = $1", [second.batchId]);
    const ofSecond = await loadBatches(context, second, await readBatch(pool, second.batchId), log, NEVER);
    expect(ofSecond).toEqual({ batches: [third], loaded: 1, rejected: 0, next: undefined });
  });

  it("says what it has loaded before it failed, and leaves the rest to a further job", async ({
    context,
    pool,
    log,
  }) => {
    const batches = await stageSales(context, 5);
    const last = batches[4];
    if (last === undefined) throw new Error("no batch was staged");
    await context.staging.write(last, ROWS, [Buffer.from("")]);
    const info = await readBatch(pool, last.batchId);
    const loaded = await loadBatches(context, last, info, log, NEVER);
    expect(loaded).toEqual({ batches: batches.slice(0, 4), loaded: 4, rejected: 0, next: last.batchId });
    await expect(loadBatches(context, last, info, log, NEVER)).rejects.toThrow(StagedObjectError);
  });

  it("leaves a batch that fails to its own job, and what stands behind it, too", async ({ context, pool, log }) => {
    const [damaged, whole] = await stageSales(context, 2);
    if (whole === undefined || damaged === undefined) throw new Error("no batch was staged");
    await context.staging.write(damaged, ROWS, [Buffer.from("")]);
    const loaded = await loadBatches(context, whole, await readBatch(pool, whole.batchId), log, NEVER);
    expect(loaded).toEqual({ batches: [], loaded: 0, rejected: 0, next: damaged.batchId });
    expect(await statesOf(pool)).toEqual(["transformed", "transformed"]);
  });

  it("loads the batches of a replay one by one", async ({ context, pool, log }) => {
    const [first] = await stageSales(context, 2, { kind: "replay" });
    if (first === undefined) throw new Error("no batch was staged");
    await pool.query("update ledger.files set state = 'done', records_in = 2, records_rejected = 2");
    const { batches } = await loadBatches(context, first, await readBatch(pool, first.batchId), log, NEVER);
    expect(batches).toEqual([first]);
    expect(await statesOf(pool)).toEqual(["loaded", "transformed"]);
  });

  it("loads a batch alone when another one of those that wait is damaged, which then fails alone", async ({
    context,
    pool,
    log,
    logged,
  }) => {
    const [whole, damaged] = await stageSales(context, 2);
    if (whole === undefined || damaged === undefined) throw new Error("no batch was staged");
    await context.staging.write(damaged, ROWS, [Buffer.from("")]);
    const loaded = await loadBatches(context, whole, await readBatch(pool, whole.batchId), log, NEVER);
    expect(loaded).toEqual({ batches: [whole], loaded: 1, rejected: 0, next: damaged.batchId });
    expect(logged.join("")).toContain("could not be loaded together");
    const info = await readBatch(pool, damaged.batchId);
    await expect(loadBatches(context, damaged, info, log, NEVER)).rejects.toThrow(StagedObjectError);
    expect(await statesOf(pool)).toEqual(["loaded", "transformed"]);
    expect(await readRow(pool, "ledger.batches", damaged.batchId)).toMatchObject({ records_in: 0 });
  });

  it("loads everything in order when several loaders are at work", async ({ context, pool, log }) => {
    const batches = await stageSales(context, 9);
    const loads = await Promise.all(
      batches.map(async (batch) => loadBatches(context, batch, await readBatch(pool, batch.batchId), log, NEVER)),
    );
    const ids = loads.flatMap((loaded) => loaded.batches.map(({ batchId }) => batchId));
    expect(new Set(ids).size).toBe(ids.length);
    const left = loads.flatMap(({ next }) => next ?? []);
    // What nobody has loaded is named by somebody.
    expect(ids.length === batches.length || left.length > 0).toBe(true);
    const { rows } = await pool.query(
      "select id from ledger.batches where state = 'loaded' order by loaded_at, number",
    );
    expect(rows.map(({ id }) => id)).toEqual(batches.slice(0, ids.length).map(({ batchId }) => batchId));
  });

  it("rolls all of it back when it is stopped before the commit", async ({ context, pool, log }) => {
    const [batch] = await stageSales(context, 2);
    if (batch === undefined) throw new Error("no batch was staged");
    const stop = new AbortController();
    const onStep = (step: string) => {
      if (step === "load about to commit") stop.abort(new Error("stop"));
    };
    const info = await readBatch(pool, batch.batchId);
    await expect(loadBatches({ ...context, onStep }, batch, info, log, stop.signal)).rejects.toThrow("stop");
    expect(await statesOf(pool)).toEqual(["transformed", "transformed"]);
    expect(await readRows(pool, "warehouse.transactions", "transaction_id")).toEqual([]);
  });
});
