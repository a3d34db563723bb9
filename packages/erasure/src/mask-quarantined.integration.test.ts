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

it("lets a sale wait on whose customer has come, and closes one whose customer has not", async () => {
  const sale = (customerId: string) => `{"transaction_id": "5f0c0d0e-6a54-4c0a-9a8e-000000${customerId}",
    "transaction_time": "2020-01-01T05:06:07", "customer_id": "${customerId}", "delivery_address": {"address": "4 End St"},
    "purchases": {"products": [], "total_cost": "1.00"}}`;
  await pool.query(`
    insert into ledger.runs (job, kind, trigger, state) values ('customers', 'files', 'api', 'succeeded');
    insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
    select 'customers', 'file', '2020-01-01', 0, sha256('1'), 1, id, 'done' from ledger.runs;
    insert into warehouse.customers (id, source_partition, source_file_id, valid_from) values ('013000', now(), 1, now());
    insert into ledger.quarantine (dataset, reason, run_id, file_id, message, payload, subject_customer_id, missing_key)
    select 'transactions', 'unknown_customer', runs.id, 1, '', payload, customer_id, customer_id from ledger.runs, (values
      ('${sale("013000")}', '013000'), ('${sale("013001")}', '013001')
    ) as q (payload, customer_id);`);
  const datasets = createDatasets();
  const key = parsePrivacyKey("22".repeat(32));
  const context = { datasets, policy: readPolicy({}, datasets.fields) } as ErasureContext;
  const people = createErasedPeople(
    ["013000", "013001"].map((id) => ({
      ...{ erasureId: id, subjectId: id, outcome: "unlink", key, pseudonym: id, ids: [id], emails: [], names: [] },
    })),
  );
  await inTransaction(pool, (client) => maskQuarantined(client, context, people, createErasedRecords()));
  const { rows } = await pool.query("select status, missing_key from ledger.quarantine order by id");
  expect(rows).toEqual([
    { status: "open", missing_key: "erased" },
    { status: "erased", missing_key: "erased" },
  ]);
});
