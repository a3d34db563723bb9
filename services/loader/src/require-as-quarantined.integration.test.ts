import { StagedObjectError, StaleReplayError } from "@lethe/contracts/errors";
import { BatchManifestSchema, linesOf, STAGED } from "@lethe/contracts/staged-batch";
import { ERASED_ID } from "@lethe/privacy/erased-id";
import { readJson, writeJson } from "@lethe/storage/json-object";
import { readBatch } from "@lethe/warehouse/ledger/load-batch";
import { expect } from "vitest";
import { addFile, addQuarantined, addRun, readRow, readRows } from "../../../packages/warehouse/test/ledger-rows.js";
import { it, stageTransformed } from "../test/loader-fixture.js";
import { addCustomerAndProduct, sale } from "../test/sales.js";
import { loadBatches } from "./load-batches.js";

const NEVER = new AbortController().signal;

it.for([
  ["loads what still stands in quarantine as it was staged", { payload: JSON.stringify(sale(1)) }, undefined],
  [
    "sends back a replay of what an erasure has masked since, which still waits",
    { payload: JSON.stringify({ ...sale(7), customer_id: ERASED_ID }), subject_customer_id: ERASED_ID },
    StaleReplayError,
  ],
  [
    "sends back a replay of what was closed since",
    { payload: JSON.stringify(sale(1)), status: "discarded" },
    StaleReplayError,
  ],
] as const)("%s", async ([_what, now, error], { context, pool, log }) => {
  const runId = await addRun(pool, { job: "transactions", kind: "replay" });
  const fileId = await addFile(pool, runId, { dataset: "transactions" });
  await addCustomerAndProduct(pool, fileId);
  const waiting = { dataset: "transactions", reason: "unknown_sku", line: 1 };
  const id = await addQuarantined(pool, runId, fileId, { ...waiting, ...now });
  const segment = { lines: [1], quarantineIds: [id] };
  const batch = await stageTransformed(context, runId, "transactions", [{ fileId, records: [sale(1)], segment }]);
  const loading = loadBatches(context, batch, await readBatch(pool, batch.batchId), log, NEVER);
  if (error === undefined) await loading;
  else await expect(loading).rejects.toThrow(error);
  const isLoaded = error === undefined;
  expect(await readRow(pool, "ledger.quarantine", id)).toMatchObject({
    status: isLoaded ? "replayed" : "status" in now ? now.status : "open",
  });
  expect(await readRows(pool, "warehouse.transactions", "transaction_id")).toHaveLength(isLoaded ? 1 : 0);
});

it("loads nothing that was made of other lines than those that are staged: masked since, they are the ones to load", async ({
  context,
  pool,
  log,
}) => {
  const { staging } = context;
  const runId = await addRun(pool, { job: "transactions", kind: "replay" });
  const fileId = await addFile(pool, runId, { dataset: "transactions" });
  await addCustomerAndProduct(pool, fileId);
  const masked = JSON.stringify({ ...sale(7), customer_id: ERASED_ID });
  const waiting = { dataset: "transactions", reason: "unknown_sku", line: 1 };
  const now = { payload: masked, subject_customer_id: ERASED_ID };
  const id = await addQuarantined(pool, runId, fileId, { ...waiting, ...now });
  const segment = { lines: [1], quarantineIds: [id] };
  const batch = await stageTransformed(context, runId, "transactions", [{ fileId, records: [sale(1)], segment }]);
  // A transformation of the former lines that ends late says that the batch is transformed.
  const lines = Buffer.from(`${masked}\n`);
  const former = await readJson(staging, batch, STAGED.manifest, BatchManifestSchema);
  const manifest = { ...former, staging: "0a", bytes: lines.length };
  await staging.write(batch, linesOf(manifest), [lines]);
  await writeJson(staging, batch, STAGED.manifest, manifest);
  const loading = loadBatches(context, batch, await readBatch(pool, batch.batchId), log, NEVER);
  await expect(loading).rejects.toThrow(StagedObjectError);
  expect(await readRow(pool, "ledger.quarantine", id)).toMatchObject({ status: "open", payload: masked });
  expect(await readRows(pool, "warehouse.transactions", "transaction_id")).toEqual([]);
});
