import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cloneDatabase, createTemplateDatabase, dropTemplateDatabase } from "@lethe/test-kit/test-database";
import { createPool } from "@lethe/warehouse/pool";
import { expect, inject, it } from "vitest";

// The step that gives transactions their keys, over tables that have rows.

const SCRIPTS = fileURLToPath(new URL("../sql-scripts", import.meta.url));
const STEP = "0014_transaction_keys.sql";
const TRANSACTIONS = 300;

it("keys the addresses and lines that are there as their transactions, and lets more come", async () => {
  const template = await createTemplateDatabase(inject("databaseUrl"), applyStepsBefore);
  const database = await cloneDatabase(template);
  const pool = createPool(database.url, 1, "lethe-e2e");
  try {
    await pool.query(textOf(STEP));
    await pool.query(`
      with t as (
        insert into warehouse.transactions (transaction_id, transaction_time, customer_id, total_cost, source_file_id)
        values (gen_random_uuid(), now(), '000001', 1, 1) returning transaction_key, transaction_id
      ), d as (
        insert into warehouse.delivery_addresses (transaction_key, transaction_id, address)
        select transaction_key, transaction_id, '1' from t
      )
      insert into warehouse.purchases (transaction_key, transaction_id, line, sku, quantity, price, total)
      select transaction_key, transaction_id, line, 1, 1, 1, 1 from t cross join generate_series(1, 2) as line`);
    const { rows } = await pool.query(
      `select count(*)::int as lines, count(distinct transaction_key)::int as transactions,
              bool_and(p.transaction_id = t.transaction_id and d.transaction_id = t.transaction_id) as "isOne",
              bool_and(p.quantity = d.address::integer) as "isSame"
       from warehouse.transactions t
       join warehouse.delivery_addresses d using (transaction_key)
       join warehouse.purchases p using (transaction_key)`,
    );
    expect(rows).toEqual([{ lines: 2 * TRANSACTIONS + 2, transactions: TRANSACTIONS + 1, isOne: true, isSame: true }]);
    await expect(pool.query("delete from warehouse.transactions")).rejects.toMatchObject({ code: "23503" });
  } finally {
    await pool.end();
    await database.drop();
    await dropTemplateDatabase(template);
  }
});

function textOf(step: string): string {
  return readFileSync(`${SCRIPTS}/${step}`, "utf8").split("-- Down Migration")[0] ?? "";
}

async function applyStepsBefore(url: string): Promise<void> {
  const pool = createPool(url, 1, "lethe-e2e");
  try {
    const steps = readdirSync(SCRIPTS).filter((file) => file.endsWith(".sql") && file < STEP);
    for (const step of steps.sort()) await pool.query(textOf(step));
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
    await pool.query(`
      with t as (
        insert into warehouse.transactions (transaction_id, transaction_time, customer_id, total_cost, source_file_id)
        select gen_random_uuid(), now(), '000001', n, 1 from generate_series(1, ${TRANSACTIONS}) n
        returning transaction_id, total_cost::integer as n
      ), d as (insert into warehouse.delivery_addresses (transaction_id, address) select transaction_id, n::text from t)
      insert into warehouse.purchases (transaction_id, line, sku, quantity, price, total)
      select transaction_id, line, 1, n, 1, 1 from t cross join generate_series(1, 2) as line`);
  } finally {
    await pool.end();
  }
}
