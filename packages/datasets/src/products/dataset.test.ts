import { describe, expect, it } from "vitest";
import { accept } from "../../test/accept.js";
import { datasets, PRODUCT } from "../../test/records.js";

const products = datasets.get("products");

describe("a product", () => {
  it.each([
    ["price", "0.0001"],
    ["price", "9999999999.9999"],
    ["price", "5"],
    ["popularity", 5e-324],
    ["popularity", 7],
    ["sku", 2_147_483_647],
  ])("fits with %s %j", (field, value) => {
    expect(products.check({ ...PRODUCT, [field]: value })).toBeUndefined();
  });

  it.each([
    ["name", null],
    ["name", " "],
    ["price", "0"],
    ["price", "0.00"],
    ["price", "-1.00"],
    ["price", 4.99],
    ["price", "4,99"],
    ["price", "4.99999"],
    ["price", "£4.99"],
    ["popularity", 0],
    ["popularity", -1],
    ["popularity", "0.5"],
    ["popularity", null],
    ["category", null],
    ["sku", "50121"],
    ["sku", 0],
    ["sku", 1.5],
    ["sku", 2_147_483_648],
    ["colour", "green"],
  ])("does not fit with %s %j", (field, value) => {
    expect(products.check({ ...PRODUCT, [field]: value })).toMatchObject({ reason: "schema", pointer: `/${field}` });
  });

  it.each(Object.keys(PRODUCT))("does not fit without %s", (field) => {
    const { [field]: _gone, ...rest } = { ...PRODUCT } as Record<string, unknown>;
    expect(products.check(rest)).toMatchObject({ pointer: `/${field}`, message: "the field is missing" });
  });

  it("becomes one row; a field more is dropped", () => {
    const row = { sku: "50121", name: "Green Tea", price: "4.99", category: "Food", popularity: "0.5" };
    const record = { ...PRODUCT, name: " Green\tTea " };
    expect(accept(products, record).rows[0]).toEqual([expect.objectContaining(row)]);
    expect(accept(products, { ...record, colour: "green" })).toEqual(accept(products, record));
  });

  it("is nobody's record", () => {
    expect(products.subjectOf({ id: "013000", email: "jane@example.org" })).toEqual({
      customerId: null,
      email: null,
      name: null,
    });
  });

  it("is made of a CSV row, whose numbers become numbers and whose price stays text", () => {
    const row = { sku: "50121", name: "Tea", price: "4.90", category: "Food", popularity: "0.5" };
    expect(products.check(products.fromCsv(row))).toBeUndefined();
    expect(products.fromCsv(row)).toEqual({ ...row, sku: 50_121, popularity: 0.5 });
    expect(products.check(products.fromCsv({ ...row, sku: "0x10" }))).toMatchObject({ pointer: "/sku" });
    expect(products.check(products.fromCsv({ ...row, popularity: "" }))).toMatchObject({ pointer: "/popularity" });
  });
});
