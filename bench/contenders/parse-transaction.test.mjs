import { expect, test } from "vitest";
import { parseTransaction } from "./parse-transaction.mjs";

const RAW = {
  transaction_id: "A3C1F9E0-0000-4000-8000-000000000001",
  transaction_time: "2020-01-01T05:00:00",
  customer_id: "013000",
  delivery_address: { address: " 1 High Street ", postcode: "AB1", city: "York", country: "United Kingdom" },
  purchases: {
    products: [
      { sku: 10001, quanitity: 2, price: "1.10", total: "2.20" },
      { sku: 10002, quanitity: 1, price: "0.05", total: "0.05" },
    ],
    total_cost: "2.25",
  },
};
const parse = (change) => parseTransaction(JSON.stringify({ ...RAW, ...change }));

test("makes the rows that Lethe makes", () => {
  expect(parse({})).toEqual({
    id: "a3c1f9e0-0000-4000-8000-000000000001",
    time: "2020-01-01T05:00:00Z",
    customerId: "013000",
    totalCost: "2.25",
    address: { address: "1 High Street", postcode: "AB1", city: "York", country: "United Kingdom", countryCode: "GB" },
    lines: [
      { sku: 10001, quantity: 2, price: "1.10", total: "2.20" },
      { sku: 10002, quantity: 1, price: "0.05", total: "0.05" },
    ],
  });
});

test.each([
  ["transaction_id", { transaction_id: "1" }],
  ["transaction_time", { transaction_time: "yesterday" }],
  ["customer_id", { customer_id: 13000 }],
  ["products", { purchases: { products: [], total_cost: "0" } }],
  ["total_cost", { purchases: { ...RAW.purchases, total_cost: "2.26" } }],
])("refuses a wrong %s", (field, change) => {
  expect(() => parse(change)).toThrow(new TypeError(`${field} is missing or wrong`));
});
