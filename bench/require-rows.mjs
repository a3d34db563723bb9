/** Throws when the tables do not hold what they should: who loads less is no contender. `lines` may be unknown. */
export async function requireRows(client, contender, { transactions, lines }) {
  const found = await countRows(client);
  const isWhole =
    found.transactions === transactions &&
    found.addresses === transactions &&
    (lines === undefined || found.lines === lines);
  if (!isWhole) throw new Error(`${contender} loaded ${JSON.stringify(found)}, not ${transactions} and ${lines} lines`);
  return found;
}

/** Returns the number of rows of the three tables that transactions go into. */
async function countRows(client) {
  const { rows } = await client.query(`select
    (select count(*) from warehouse.transactions)::int as transactions,
    (select count(*) from warehouse.delivery_addresses)::int as addresses,
    (select count(*) from warehouse.purchases)::int as lines`);
  return rows[0];
}
