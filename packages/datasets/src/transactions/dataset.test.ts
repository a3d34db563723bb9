import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accept } from "../../test/accept.js";
import { datasets, MARKER, TRANSACTION } from "../../test/records.js";
import { keepKnown } from "../record-shape.js";

const transactions = datasets.get("transactions");
const LINE = { sku: 50_121, quanitity: 3, price: "4.99", total: "14.97" };

function withLines(products: readonly unknown[], total_cost = "14.97") {
  return { ...TRANSACTION, purchases: { products, total_cost } };
}

function withAddress(changes: Record<string, unknown>) {
  return { ...TRANSACTION, delivery_address: { ...TRANSACTION.delivery_address, ...changes } };
}

describe("a transaction", () => {
  it("becomes a row with its address, and a row for each purchase", () => {
    expect(transactions.check(TRANSACTION)).toBeUndefined();
    const { rows, result } = accept(transactions, TRANSACTION);
    expect(rows[0]).toEqual([
      {
        ordinal: "4",
        file_id: "7",
        transaction_id: TRANSACTION.transaction_id.toLowerCase(),
        transaction_time: "2020-01-31T05:06:07.123456Z",
        customer_id: "013000",
        total_cost: "15.07",
        address: `${MARKER} street\\nFlat 2`,
        postcode: "SW1A 1AA",
        city: `${MARKER} city`,
        country: "United Kingdom",
        country_code: "GB",
      },
    ]);
    expect(rows[1]?.map(({ line, sku, quantity, price, total }) => [line, sku, quantity, price, total])).toEqual([
      ["1", "50121", "3", "4.99", "14.97"],
      ["2", "50122", "1", "0.10", "0.10"],
    ]);
    expect(result).toMatchObject({
      processed: { purchases: [{ sku: 50_121, quantity: 3 }, { sku: 50_122 }], total_cost: "15.07" },
    });
    expect(JSON.stringify(result)).not.toContain("quanitity");
  });

  it("may spell a line's quantity either way, or both if they agree", () => {
    const { quanitity, ...bare } = LINE;
    for (const spelt of [LINE, { ...bare, quantity: quanitity }, { ...LINE, quantity: quanitity }]) {
      const record = withLines([spelt]);
      expect(transactions.check(record)).toBeUndefined();
      expect(accept(transactions, record).rows[1]).toEqual([expect.objectContaining({ quantity: "3" })]);
    }
    expect(accept(transactions, withLines([{ ...LINE, quantity: 4 }])).result).toMatchObject({
      rejection: { reason: "schema", pointer: "/purchases/products/0/quantity" },
    });
    expect(accept(transactions, withLines([LINE, bare])).result).toMatchObject({
      rejection: { reason: "schema", pointer: "/purchases/products/1/quantity", message: "the field is missing" },
    });
  });

  it.each([
    ["/transaction_id", { transaction_id: "5f0c0d0e" }],
    ["/transaction_id", { transaction_id: null }],
    ["/transaction_time", { transaction_time: 1_580_447_167 }],
    ["/customer_id", { customer_id: 13_000 }],
    ["/customer_id", { customer_id: "13000" }],
    ["/delivery_address", { delivery_address: null }],
    ["/delivery_address", { delivery_address: `${MARKER} street` }],
    ["/purchases/products", withLines([])],
    ["/purchases/products/0/sku", withLines([{ ...LINE, sku: "50121" }])],
    ["/purchases/products/0/quanitity", withLines([{ ...LINE, quanitity: 1.5 }])],
    ["/purchases/products/0/price", withLines([{ ...LINE, price: 4.99 }])],
    ["/purchases/products/0/price", withLines([{ ...LINE, price: "-4.99" }])],
    ["/purchases/total_cost", withLines([LINE], "14,97")],
    ["/note", { note: MARKER }],
    ["/delivery_address/floor", withAddress({ floor: MARKER })],
    ["/purchases/products/0/colour", withLines([{ ...LINE, colour: MARKER }])],
  ])("does not fit where %s is wrong", (pointer, changes) => {
    expect(transactions.check({ ...TRANSACTION, ...changes })).toMatchObject({ reason: "schema", pointer });
  });

  it.each([
    ["/purchases/products/0/quanitity", withLines([{ ...LINE, quanitity: 0 }])],
    ["/purchases/products/0/quanitity", withLines([{ ...LINE, quanitity: -0 }])],
    ["/purchases/products/1/quantity", withLines([LINE, { sku: 1, quantity: -1, price: "4.99", total: "-4.99" }])],
    ["/purchases/products/0/total", withLines([{ ...LINE, total: "-14.97" }])],
    ["/purchases/total_cost", withLines([LINE], "-14.97")],
  ])("is a refund where %s is below zero, or a quantity zero", (pointer, record) => {
    expect(transactions.check(record)).toMatchObject({ reason: "refund", pointer });
  });

  it("adds up below zero, and has no sign where it is zero", () => {
    const back = { sku: 50_121, quantity: -3, price: "4.99", total: "-14.97" };
    const { rows, result } = accept(transactions, withLines([back], "-14.97"));
    expect(result).toMatchObject({
      processed: { total_cost: "-14.97", purchases: [{ quantity: -3, total: "-14.97" }] },
    });
    expect(rows[1]).toEqual([expect.objectContaining({ quantity: "-3", total: "-14.97" })]);
    const nothing = { ...back, quantity: -0, total: "-0.00" };
    expect(accept(transactions, withLines([nothing], "-0")).result).toMatchObject({
      processed: { total_cost: "0", purchases: [{ quantity: 0, total: "0.00" }] },
    });
    expect(accept(transactions, withLines([back], "14.97")).result).toMatchObject({
      rejection: { reason: "total_mismatch" },
    });
  });

  it("fits without the fields that nobody named, at every level, and drops them", () => {
    const record = {
      ...withAddress({ floor: MARKER }),
      note: MARKER,
      purchases: {
        ...TRANSACTION.purchases,
        voucher: MARKER,
        products: TRANSACTION.purchases.products.map((line) => ({ ...line, colour: MARKER })),
      },
    };
    expect(transactions.check(keepKnown(transactions.shape, record))).toBeUndefined();
    expect(accept(transactions, record)).toEqual(accept(transactions, TRANSACTION));
  });

  it("is rejected for a time that there is not", () => {
    const record = { ...TRANSACTION, transaction_time: "2020-02-30T05:06:07" };
    expect(accept(transactions, record)).toMatchObject({
      result: { rejection: { reason: "schema", pointer: "/transaction_time" } },
      written: "",
    });
  });

  it("is accepted exactly if its lines add up to the total, counted in whole cents", () => {
    const line = fc.record({
      sku: fc.integer({ min: 1, max: 9 }),
      quantity: fc.integer({ min: 1, max: 1_000 }),
      cents: fc.nat(10_000_000),
    });
    const money = (cents: bigint) => `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), fc.constantFrom(0n, 0n, 1n), (lines, error) => {
        const sum = lines.reduce((total, { quantity, cents }) => total + BigInt(quantity) * BigInt(cents), 0n);
        const products = lines.map(({ sku, quantity, cents }) => ({
          sku,
          quantity,
          price: money(BigInt(cents)),
          total: money(BigInt(quantity) * BigInt(cents)),
        }));
        const { result, written } = accept(transactions, withLines(products, money(sum + error)));
        if (error === 0n) expect(result).toHaveProperty("processed");
        else expect(result).toMatchObject({ rejection: { reason: "total_mismatch" } });
        expect(written === "").toBe(error !== 0n);
      }),
    );
  });

  it("has the right total whatever its zeros: 14.970 is 14.97", () => {
    for (const total of ["14.970", "14.9700", "0014.97"]) {
      expect(accept(transactions, withLines([LINE], total)).result).toHaveProperty("processed");
    }
  });

  it("is rejected for an amount that a number cannot hold exactly, one line or all of them", () => {
    const huge = { sku: 1, quantity: 2_147_483_647, price: "9999999999.9999", total: "1" };
    const large = { sku: 1, quantity: 90, price: "9999999999.9999", total: "1" };
    for (const [products, line] of [
      [[huge], 0],
      [[large, large], 1],
    ] as const) {
      expect(accept(transactions, withLines(products)).result).toMatchObject({
        rejection: { reason: "schema", pointer: `/purchases/products/${line}/quantity` },
      });
    }
  });

  it("is its customer's, also when it does not fit", () => {
    expect(transactions.subjectOf(TRANSACTION)).toEqual({ customerId: "013000", email: null, name: null });
    expect(transactions.subjectOf({ customer_id: 13_000 }).customerId).toBe("013000");
    expect(transactions.subjectOf({ customer_id: "013000 " }).customerId).toBe("013000");
  });

  it("is made of a CSV row, whose nested parts are JSON", () => {
    const { delivery_address, purchases, ...flat } = TRANSACTION;
    const row = {
      ...flat,
      delivery_address: JSON.stringify(delivery_address),
      purchases: JSON.stringify(purchases),
    };
    expect(transactions.fromCsv(row)).toEqual(TRANSACTION);
    expect(transactions.check(transactions.fromCsv({ ...row, purchases: "{" }))).toMatchObject({
      pointer: "/purchases",
    });
    expect(transactions.check(transactions.fromCsv(flat))).toMatchObject({ message: "the field is missing" });
  });
});
