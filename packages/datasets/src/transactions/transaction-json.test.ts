import fc from "fast-check";
import { expect, it } from "vitest";
import { transactionJson } from "./transaction-json.js";

const character = fc.oneof(
  fc.constantFrom('"', "\\", "\n", "\u001f", "\u0000", "\u007f", "\u2028", "\ud83d", "\ude00", "/", "<", "\u00e9", " "),
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
);
const text = fc.oneof(fc.constant(null), fc.string({ unit: character, maxLength: 12 }));
const money = fc.stringMatching(/^\d{1,10}(\.\d{1,4})?$/);
const whole = fc.integer({ min: 1, max: 2_147_483_647 });

it("writes a transaction as JSON.stringify does", () => {
  const transaction = fc.record({
    transaction_id: fc.uuid(),
    transaction_time: fc.constantFrom("2020-01-31T05:06:07.123456Z", "2020-01-31T05:06:07+05:30"),
    customer_id: fc.constantFrom("013000", "p_0123456789abcdef0123"),
    delivery_address: fc.record({ address: text, postcode: text, city: text, country: text, country_code: text }),
    purchases: fc.array(fc.record({ sku: whole, quantity: whole, price: money, total: money }), { maxLength: 4 }),
    total_cost: money,
  });
  fc.assert(
    fc.property(transaction, (value) => {
      expect(transactionJson(value)).toBe(JSON.stringify(value));
    }),
    { numRuns: 2_000 },
  );
});
