/** A customer as the source sends one; give the fields that matter to a test. */
export function customer(fields: Readonly<Record<string, unknown>> = {}) {
  return {
    id: "000001",
    first_name: "Aoife",
    last_name: "Brennan",
    date_of_birth: "1980-02-29",
    email: `aoife.${String(fields.id ?? "000001")}@example.org`,
    phone_number: "01 496 0999",
    address: "Flat 7\n12 Quiet Row",
    city: "Dublin",
    country: "Ireland",
    postcode: "D06 F1X2",
    last_change: "2021-12-31",
    segment: "health",
    ...fields,
  };
}

/** A product as the source sends one. */
export function product(fields: Readonly<Record<string, unknown>> = {}) {
  return { sku: 11111, name: "Plain Soap", price: "2.50", category: "health", popularity: 0.5, ...fields };
}

/** The n-th transaction: one customer buys two of product 11111. */
export function transaction(n: number, fields: Readonly<Record<string, unknown>> = {}) {
  return {
    transaction_id: `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`,
    transaction_time: "2022-03-01T08:15:30.123456",
    customer_id: "000001",
    delivery_address: { address: "12 Quiet Row", postcode: "D06 F1X2", city: "Dublin", country: "Ireland" },
    purchases: { products: [{ sku: 11111, quanitity: 2, price: "2.50", total: "5.00" }], total_cost: "5.00" },
    ...fields,
  };
}
