import { randomUUID } from "node:crypto";
import { connect } from "@lethe/test-kit/connect";
import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { unfenced } from "@lethe/test-kit/unfenced";
import { cancelRun, completeExtraction } from "@lethe/warehouse/ledger/change-run";
import { claimNextToLoad, lockBatch } from "@lethe/warehouse/ledger/load-batch";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from "vitest";

// What may happen to a run while its batches are loaded.

const LOCK_NOT_AVAILABLE = "55P03";

let database: TestDatabase;
let pool: Pool;
/** A pool whose connections fail when they have waited for a lock for 200 ms. */
let hasty: Pool;
let loader: Awaited<ReturnType<typeof connect>>;
let runId: string;
let batchIds: string[];

beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  pool = createPool(database.url, 4, "lethe-e2e");
  hasty = createPool(`${database.url}?options=-c%20lock_timeout%3D200`, 1, "lethe-e2e");
});
afterAll(async () => {
  await Promise.all([pool.end(), hasty.end()]);
  await database.drop();
});

beforeEach(async () => {
  const { rows } = await pool.query<{ id: string }>(
    "insert into ledger.runs (job, kind, trigger, state) values ('transactions', 'files', 'api', 'extracting') returning id",
  );
  runId = String(rows[0]?.id);
  batchIds = Array.from({ length: 5 }, () => randomUUID());
  await pool.query(
    `insert into ledger.batches (id, run_id, number, state, bytes)
     select id, $1, number, 'transformed', 1 from unnest($2::uuid[]) with ordinality as b (id, number)`,
    [runId, batchIds],
  );
  loader = await connect(pool);
  await loader.query("begin");
});
afterEach(async () => {
  await loader.query("rollback");
  loader.release();
  await pool.query("update ledger.runs set state = 'failed' where id = $1", [runId]);
});

it("does not keep the word waiting that all of it is extracted: loads may follow each other without a gap", async () => {
  await lockBatch(loader, String(batchIds[0]));
  await completeExtraction(unfenced(hasty), runId, 1);
  expect(await readRun(pool, runId)).toMatchObject({ state: "processing" });
});

it("is not cancelled while one is loaded", async () => {
  await lockBatch(loader, String(batchIds[0]));
  await expect(cancelRun(hasty, runId)).rejects.toMatchObject({ cause: { code: LOCK_NOT_AVAILABLE } });
  await loader.query("commit; begin");
  await cancelRun(hasty, runId);
  expect(await claimNextToLoad(loader, runId, 4)).toEqual([]);
});

it("gives each of its batches to one loader in their order, up to one that is not transformed", async () => {
  const [first, second, third] = batchIds;
  await pool.query("update ledger.batches set restaging = true where id = $1", [third]);
  expect(await claimNextToLoad(loader, runId, 3)).toEqual([first, second]);
  const other = await connect(pool);
  try {
    await other.query("begin");
    expect(await claimNextToLoad(other, runId, 3)).toEqual([]);
  } finally {
    await other.query("rollback");
    other.release();
  }
});
