// Contender 3: one process that reads, parses, validates and inserts, many rows to a statement. What a team writes first, and
// writes well: a thousand records to a transaction, and ids that must be there looked up in memory.
import pg from "pg";
import { readTransactions } from "./read-transactions.mjs";

const BATCH = 1_000;
const TRANSACTIONS = "transactions (transaction_id, transaction_time, customer_id, total_cost, source_file_id)";
const ADDRESSES =
  "delivery_addresses (transaction_key, transaction_id, address, postcode, city, country, country_code)";
const LINES = "purchases (transaction_key, transaction_id, line, sku, quantity, price, total)";

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
  const rows = transactions.map(({ id, time, customerId, totalCost }) => [id, time, customerId, totalCost, 0]);
  const inserted = await insertRows(
    TRANSACTIONS,
    rows,
    "on conflict do nothing returning transaction_id, transaction_key",
  );
  const keys = new Map(inserted.map((row) => [row.transaction_id, row.transaction_key]));
  // One that was there has no key, and its address and lines are there too.
  const added = transactions.filter(({ id }) => keys.has(id));
  const addressOf = ({ id, address: a }) => [keys.get(id), id, a.address, a.postcode, a.city, a.country, a.countryCode];
  const linesOf = ({ id, lines }) =>
    lines.map((line, i) => [keys.get(id), id, i + 1, line.sku, line.quantity, line.price, line.total]);
  if (added.length > 0) await insertRows(ADDRESSES, added.map(addressOf));
  if (added.length > 0) await insertRows(LINES, added.flatMap(linesOf));
  await client.query("commit");
}

async function insertRows(into, rows, ending = "") {
  const text = `insert into warehouse.${into} values ${places(rows.length, rows[0].length)} ${ending}`;
  return (await client.query(text, rows.flat())).rows;
}

/** Returns `($1, $2), ($3, $4)` for two rows of two. */
function places(rows, columns) {
  const row = (r) => `(${Array.from({ length: columns }, (_, c) => `$${r * columns + c + 1}`).join(", ")})`;
  return Array.from({ length: rows }, (_, r) => row(r)).join(", ");
}

async function keysOf(sql) {
  const { rows } = await client.query({ text: sql, rowMode: "array" });
  return new Set(rows.map(([key]) => key));
}
