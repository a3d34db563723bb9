import { expect } from "vitest";
import { readProcessed } from "./processed.js";
import type { World } from "./world.js";

/** Requires that each transaction stands in the warehouse and in processed_data once, under the same customer. */
export async function expectSalesOnce(world: World): Promise<void> {
  const { rows } = await world.pool.query<{ id: string; customer: string }>(
    "select transaction_id::text as id, customer_id as customer from warehouse.transactions order by 1",
  );
  const processed = [...(await readProcessed(world, "transactions")).values()].flat();
  const sales = processed.map((record) => ({ id: record.transaction_id, customer: record.customer_id }));
  expect(sales.sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1))).toEqual(rows);
}
