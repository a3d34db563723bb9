import type { Pool } from "@lethe/warehouse/pool";

/** The warehouse's tables with the columns that identify a row, as far as input decides them. */
export const WAREHOUSE_TABLES = {
  customers: "id",
  customers_history: "id, valid_from, source_partition, version_id",
  products: "sku",
  products_history: "sku, valid_from, version_id",
  transactions: "transaction_id",
  delivery_addresses: "transaction_id",
  purchases: "transaction_id, line",
  erasure_requests: "customer_key",
} as const;
export type WarehouseTable = keyof typeof WAREHOUSE_TABLES;

// What differs from one load of the same input to the next.
const CHANCE = [
  ...[
    "version_id",
    "transaction_key",
    "source_file_id",
    "first_seen",
    "last_seen",
    "loaded_at",
    "analytics_id",
    "run_id",
  ],
  ...["suppressed_at", "completed_at", "subject_id"],
];

// JSON numbers become JavaScript's, which are not exact.
const MONEY = ["price", "total", "total_cost"];

/** Returns a table's rows in a fixed order, without what time and order of arrival decide; money as text. */
export async function readRows(
  pool: Pool,
  table: WarehouseTable,
  without: readonly string[] = [],
): Promise<Record<string, unknown>[]> {
  const { rows } = await pool.query<{ row: Record<string, unknown> }>(
    `select (select json_object_agg(key, case when key = any ($2) then to_json(value #>> '{}') else value end order by n)
             from json_each(row_to_json(t)) with ordinality as field (key, value, n)
             where key <> all ($1)) as row
     from warehouse.${table} t order by ${WAREHOUSE_TABLES[table]}`,
    [[...CHANCE, ...without], MONEY],
  );
  return rows.map(({ row }) => row);
}

/** Returns a checksum of every row and column of every table: equal only when nothing at all has changed. */
export async function checksums(pool: Pool): Promise<Record<string, string>> {
  const sums: Record<string, string> = {};
  for (const [table, order] of Object.entries(WAREHOUSE_TABLES)) {
    const { rows } = await pool.query<{ sum: string }>(
      `select md5(coalesce(string_agg(t::text, E'\\n' order by ${order}), '')) as sum from warehouse.${table} t`,
    );
    sums[table] = rows[0]?.sum ?? "";
  }
  return sums;
}

/** Returns all rows of all tables as one text, to look for a person in. */
export async function warehouseText(pool: Pool): Promise<string> {
  const texts: string[] = [];
  for (const table of Object.keys(WAREHOUSE_TABLES)) {
    const { rows } = await pool.query<{ text: string }>(`select t::text as text from warehouse.${table} t`);
    texts.push(...rows.map(({ text }) => text));
  }
  return texts.join("\n");
}

/** Returns the one number that a query asks for. */
export async function countOf(pool: Pool, query: string, values: readonly unknown[] = []): Promise<number> {
  const { rows } = await pool.query<{ n: number | string }>(query, [...values]);
  return Number(rows[0]?.n);
}
