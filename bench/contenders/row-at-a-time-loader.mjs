// Contender 4: asks for each thing before it writes it, a row and a statement at a time, each in a transaction of its own, as
// an application does that saves objects one by one.
import pg from "pg";
import { readTransactions } from "./read-transactions.mjs";

const [folder, most] = process.argv.slice(2);
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
for await (const transaction of readTransactions(folder, Number(most))) await save(transaction);
await client.end();

async function save({ id, time, customerId, totalCost, address, lines }) {
  if (await isThere("transactions where transaction_id = $1", id)) return;
  if (!(await isThere("customers where id = $1", customerId))) throw new Error("a customer is not there");
  const inserted = await client.query(
    "insert into warehouse.transactions (transaction_id, transaction_time, customer_id, total_cost, source_file_id) values ($1, $2, $3, $4, 0) returning transaction_key",
    [id, time, customerId, totalCost],
  );
  const key = inserted.rows[0].transaction_key;
  if (!(await isThere("delivery_addresses where transaction_key = $1", key))) {
    await client.query(
      "insert into warehouse.delivery_addresses (transaction_key, transaction_id, address, postcode, city, country, country_code) values ($1, $2, $3, $4, $5, $6, $7)",
      [key, id, address.address, address.postcode, address.city, address.country, address.countryCode],
    );
  }
  for (const [i, { sku, quantity, price, total }] of lines.entries()) {
    if (!(await isThere("products where sku = $1", sku))) throw new Error("a product is not there");
    await client.query(
      "insert into warehouse.purchases (transaction_key, transaction_id, line, sku, quantity, price, total) values ($1, $2, $3, $4, $5, $6, $7)",
      [key, id, i + 1, sku, quantity, price, total],
    );
  }
}

async function isThere(what, key) {
  const { rows } = await client.query(`select * from warehouse.${what}`, [key]);
  return rows.length > 0;
}
