import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import { afterAll, beforeAll, expect, inject, it } from "vitest";

// A transaction's address and lines are keyed by a number that the database gives out, not by the id of the input.

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  pool = createPool(database.url, 1, "lethe-e2e");
  await pool.query(`
    with run as (insert into ledger.runs (job, kind, trigger, state) values ('customers', 'files', 'api', 'succeeded') returning id),
    file as (
      insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
      select 'customers', 'a', '2020-01-01', 0, sha256(''), 1, id, 'done' from run returning id
    ), customer as (
      insert into warehouse.customers (id, source_partition, source_file_id, valid_from)
      select '000001', now(), id, now() from file
    )
    insert into warehouse.products (sku, name, price, category, popularity, source_partition, source_file_id, valid_from)
    select 1, 'soap', 1, 'bath', 1, now(), id, now() from file`);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

it("gives each transaction a key, by which its address and its lines are found and without which there are none", async () => {
  const { rows } = await pool.query(`
    with t as (
      insert into warehouse.transactions (transaction_id, transaction_time, customer_id, total_cost, source_file_id)
      select gen_random_uuid(), now(), '000001', 1, 1 from generate_series(1, 3) returning transaction_key, transaction_id
    ), d as (
      insert into warehouse.delivery_addresses (transaction_key, transaction_id)
      select transaction_key, transaction_id from t
    )
    insert into warehouse.purchases (transaction_key, transaction_id, line, sku, quantity, price, total)
    select transaction_key, transaction_id, line, 1, 1, 1, 1 from t cross join generate_series(1, 2) as line
    returning transaction_key`);
  expect(new Set(rows.map((row) => row.transaction_key)).size).toBe(3);
  await expect(pool.query("delete from warehouse.transactions")).rejects.toMatchObject({ code: "23503" });
  const orphan =
    "insert into warehouse.delivery_addresses (transaction_key, transaction_id) values (0, gen_random_uuid())";
  await expect(pool.query(orphan)).rejects.toMatchObject({ code: "23503" });
});
