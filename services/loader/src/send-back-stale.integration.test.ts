import { enqueueRun } from "@lethe/service-kit/enqueue";
import type { BatchRef } from "@lethe/storage/staging";
import { readBatch } from "@lethe/warehouse/ledger/load-batch";
import { inTransaction, type Pool } from "@lethe/warehouse/pool";
import { raiseEpoch } from "@lethe/warehouse/suppress-subjects";
import { describe, expect } from "vitest";
import { addFile, addRun, readRows } from "../../../packages/warehouse/test/ledger-rows.js";
import { it, stageTransformed } from "../test/loader-fixture.js";
import { addCustomerAndProduct, sale } from "../test/sales.js";
import type { LoaderContext } from "./context.js";
import { loadBatches } from "./load-batches.js";
import { sendBackStale } from "./send-back-stale.js";

const NEVER = new AbortController().signal;

/** Stages a batch of one sale for each of these epochs, and lets the suppression list be of epoch 1. */
async function stageSales(context: LoaderContext, epochs: readonly number[]): Promise<BatchRef[]> {
  const runId = await addRun(context.pool, { job: "transactions" });
  await enqueueRun(context.queues, runId, "files");
  const fileId = await addFile(context.pool, runId, { dataset: "transactions" });
  await addCustomerAndProduct(context.pool, fileId);
  const batches: BatchRef[] = [];
  for (const [i, epoch] of epochs.entries()) {
    batches.push(
      await stageTransformed(context, runId, "transactions", [{ fileId, records: [sale(i + 1)] }], { epoch }),
    );
  }
  await inTransaction(context.pool, raiseEpoch);
  return batches;
}

async function statesOf(pool: Pool): Promise<unknown[]> {
  return (await readRows(pool, "ledger.batches", "number", "state")).map(({ state }) => state);
}

/** Returns the batches that are to be transformed, and takes them from the queue. */
async function takeTransforms({ queues }: LoaderContext): Promise<string[]> {
  const jobs = await queues.byJob.transform.getJobs(["waiting", "prioritized", "delayed"]);
  const ids = jobs.map(({ data }) => data.batchId);
  await Promise.all(jobs.map((job) => job.remove()));
  return ids.sort();
}

function idsOf(batches: readonly BatchRef[]): string[] {
  return batches.map(({ batchId }) => batchId).sort();
}

describe("sendBackStale", () => {
  it("sends all batches of a run back that were masked under an older list, whoever finds the first, and each once", async ({
    context,
    pool,
    log,
  }) => {
    const batches = await stageSales(context, [0, 0, 0, 0, 0, 0]);
    const [first] = batches;
    if (first === undefined) throw new Error("nothing was staged");
    const nothing = { batches: [], loaded: 0, rejected: 0, next: undefined };
    const load = async (batch: BatchRef) =>
      loadBatches(context, batch, await readBatch(pool, batch.batchId), log, NEVER);
    expect(await load(first)).toEqual(nothing);
    expect(await statesOf(pool)).toEqual(batches.map(() => "staged"));
    // Nothing is left to further jobs, which would find the same.
    expect(await Promise.all(batches.map(load))).toEqual(batches.map(() => nothing));
    expect(await takeTransforms(context)).toEqual(idsOf(batches));
  });

  it("leaves those that were masked under the current list, and those that somebody is loading", async ({
    context,
    pool,
    log,
  }) => {
    const batches = await stageSales(context, [0, 1, 0]);
    const [first, current, loading] = batches;
    if (first === undefined || current === undefined || loading === undefined) throw new Error("nothing was staged");
    await inTransaction(pool, async (client) => {
      await client.query("select from ledger.batches where id = $1 for update", [loading.batchId]);
      await sendBackStale(context, first.runId, log);
    });
    expect(await statesOf(pool)).toEqual(["staged", "transformed", "transformed"]);
    expect(await takeTransforms(context)).toEqual([first.batchId]);
  });
});
