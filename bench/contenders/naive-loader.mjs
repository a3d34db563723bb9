// Contender 3: one process that reads, parses, validates and inserts, many rows to a statement. What a team writes first, and
// writes well: a thousand records to a transaction, and ids that must be there looked up in memory.
import pg from "pg";
import { readTransactions } from "./read-transactions.mjs";

const BATCH = 1_000;
const INSERTS = [
  {
    into: "warehouse.transactions (transaction_id, transaction_time, customer_id, total_cost, source_file_id)",
    rows: (t) => [[t.id, t.time, t.customerId, t.totalCost, 0]],
  },
  {
    into: "warehouse.delivery_addresses (transaction_id, address, postcode, city, country, country_code)",
    rows: ({ id, address: a }) => [[id, a.address, a.postcode, a.city, a.country, a.countryCode]],
  },
  {
    into: "warehouse.purchases (transaction_id, line, sku, quantity, price, total)",
    rows: ({ id, lines }) => lines.map((line, i) => [id, i + 1, line.sku, line.quantity, line.price, line.total]),
  },
];

const [folder, most] = process.argv.slice(2);
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
const customers = await keysOf("select id from warehouse.customers");
const skus = await keysOf("select sku from warehouse.products");
const batch = [];
for await (const transaction of readTransactions(folder, Number(most))) {
  if (!customers.has(transaction.customerId)) throw new Error("a customer is not there");
  if (!transaction.lines.every(({ sku }) => skus.has(sku))) throw new Error("a product is not there");
  batch.push(transaction);
  if (batch.length === BATCH) await insert(batch.splice(0));
}
if (batch.length > 0) await insert(batch);
await client.end();

async function insert(transactions) {
  await client.query("begin");
  for (const { into, rows } of INSERTS) {
    const values = transactions.flatMap(rows);
    await client.query(
      `insert into ${into} values ${places(values.length, values[0].length)} on conflict do nothing`,
      values.flat(),
    );
  }
  await client.query("commit");
}

/** Gives `($1, $2), ($3, $4)` for two rows of two. */
function places(rows, columns) {
  const row = (r) => `(${Array.from({ length: columns }, (_, c) => `$${r * columns + c + 1}`).join(", ")})`;
  return Array.from({ length: rows }, (_, r) => row(r)).join(", ");
}

async function keysOf(sql) {
  const { rows } = await client.query({ text: sql, rowMode: "array" });
  return new Set(rows.map(([key]) => key));
}
