import { createDatasets } from "@lethe/datasets/create-datasets";
import { parsePrivacyKey } from "@lethe/privacy/privacy-key";
import { readPolicy } from "@lethe/privacy/read-policy";
import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { createPool, inTransaction, type Pool } from "@lethe/warehouse/pool";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import type { ErasureContext } from "./context.js";
import { createErasedPeople } from "./erased-people.js";
import { createErasedRecords } from "./erased-records.js";
import { maskQuarantined } from "./mask-quarantined.js";

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  pool = createPool(database.url, 1, "lethe-mask-quarantined");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const datasets = createDatasets();
const key = parsePrivacyKey("22".repeat(32));
const context = { datasets, policy: readPolicy({}, datasets.fields) } as ErasureContext;

it("lets a sale wait on whose customer has come, and closes one whose customer has not", async () => {
  await pool.query(`
    insert into ledger.runs (job, kind, trigger, state) values ('customers', 'files', 'api', 'succeeded');
    insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
    select 'customers', 'file', '2020-01-01', 0, sha256('1'), 1, id, 'done' from ledger.runs;
    insert into warehouse.customers (id, source_partition, source_file_id, valid_from) values ('013000', now(), 1, now());
    insert into ledger.quarantine (dataset, reason, run_id, file_id, message, payload, subject_customer_id, missing_key)
    select 'transactions', 'unknown_customer', runs.id, 1, '', payload, customer_id, customer_id from ledger.runs, (values
      ('${sale("013000")}', '013000'), ('${sale("013001")}', '013001')
    ) as q (payload, customer_id);`);
  await erase("013000", "013001");
  const { rows } = await pool.query("select status, missing_key from ledger.quarantine order by id");
  expect(rows).toEqual([
    { status: "open", missing_key: "erased" },
    { status: "erased", missing_key: "erased" },
  ]);
});

it("keeps a masked sale that a replay has loaded until its output is published, and closes one whose output is", async () => {
  await pool.query(`
    insert into ledger.runs (job, kind, trigger, state) values ('transactions', 'replay', 'automatic', 'finishing');
    insert into ledger.quarantine (dataset, reason, run_id, file_id, message, payload, subject_customer_id, missing_key, status)
    select 'transactions', 'unknown_customer', r.id, 1, '', payload, customer_id, customer_id, 'replayed'
    from (select id from ledger.runs where kind = 'replay') r, (values
      ('${sale("013002")}', '013002'), ('${sale("013003")}', '013003')
    ) as q (payload, customer_id);
    insert into ledger.batches (id, run_id, number, state, bytes)
    select gen_random_uuid(), id, 1, 'loaded', 1 from ledger.runs where kind = 'replay';
    insert into ledger.batch_segments (batch_id, position, file_id, first_line, line_count, quarantine_ids, published_bytes)
    select b.id, q.subject_customer_id::integer - 13002, 1, 1, 1, array[q.id], case subject_customer_id when '013002' then 20 else 0 end
    from ledger.batches b, ledger.quarantine q where q.status = 'replayed';`);
  await erase("013002", "013003");
  const { rows } = await pool.query<{ status: string; payload: string }>(
    "select status, payload from ledger.quarantine where run_id = (select id from ledger.runs where kind = 'replay') order by id",
  );
  expect(rows.map(({ status }) => status)).toEqual(["replayed", "erased"]);
  expect(JSON.parse(rows[0]?.payload ?? "")).toMatchObject({
    customer_id: "erased",
    purchases: { total_cost: "1.00" },
  });
  expect(rows[0]?.payload).not.toMatch(/013002|End St/);
});

function sale(customerId: string): string {
  return `{"transaction_id": "5f0c0d0e-6a54-4c0a-9a8e-000000${customerId}",
    "transaction_time": "2020-01-01T05:06:07", "customer_id": "${customerId}", "delivery_address": {"address": "4 End St"},
    "purchases": {"products": [], "total_cost": "1.00"}}`;
}

async function erase(...ids: readonly string[]): Promise<void> {
  const people = createErasedPeople(
    ids.map((id) => ({
      ...{ erasureId: id, subjectId: id, outcome: "unlink", key, pseudonym: id, ids: [id], emails: [], names: [] },
    })),
  );
  await inTransaction(pool, (client) => maskQuarantined(client, context, people, createErasedRecords()));
}
