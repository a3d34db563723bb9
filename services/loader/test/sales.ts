import type { Pool } from "@lethe/warehouse/pool";

/** Adds a customer and a product that sales may be of. */
export async function addCustomerAndProduct(pool: Pool, fileId: number): Promise<void> {
  const version = "source_partition, source_file_id, valid_from";
  await pool.query(
    `insert into warehouse.customers (id, ${version}) values ('013000', '2020-01-01', $1, '2020-01-01')`,
    [fileId],
  );
  await pool.query(
    `insert into warehouse.products (sku, name, price, category, popularity, ${version})
     values (50121, 'Tea', 4.99, 'Food', 0.5, '2020-01-01', $1, '2020-01-01')`,
    [fileId],
  );
}

/** A sale of one product, by its number: the same number is the same transaction. */
export function sale(number: number, customerId = "013000"): object {
  return {
    transaction_id: `5f0c0d0e-6a54-4c0a-9a8e-${String(number).padStart(12, "0")}`,
    transaction_time: "2020-01-01T05:06:07.123456",
    customer_id: customerId,
    delivery_address: { address: "A street", postcode: "SW1A 1AA", city: "A city", country: "United Kingdom" },
    purchases: {
      products: [{ sku: 50_121, quantity: 1, price: "4.99", total: "4.99" }],
      total_cost: "4.99",
    },
  };
}
