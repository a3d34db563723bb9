import { expect, it } from "vitest";
import { faultyPart, isMaskedPart } from "./faulty-part.js";

const RECORD = JSON.stringify({
  id: 7,
  "a/b": { c: 1 },
  customer: { email: "[masked]" },
  purchases: { total_cost: "9.99", products: [{ sku: 1, total: "2" }] },
});

it.each([
  ["/purchases/total_cost", { purchases: { total_cost: "9.99" } }],
  ["/id", { id: 7 }],
  ["/a~1b/c", { "a/b": { c: 1 } }],
  ["/purchases/products/0/total", { purchases: { products: [{ sku: 1, total: "2" }] } }],
  ["/purchases/missing", { purchases: { missing: null } }],
])("returns what stands at %s as a change", (pointer, part) => {
  expect(faultyPart(RECORD, pointer)).toEqual(part);
});

it("returns nothing where there is no field to change", () => {
  expect(faultyPart(RECORD, null)).toBeUndefined();
  expect(faultyPart(null, "/id")).toBeUndefined();
  expect(faultyPart("no JSON", "/id")).toBeUndefined();
  expect(faultyPart("[1]", "/0")).toBeUndefined();
});

it("knows a part that is masked", () => {
  expect(isMaskedPart(faultyPart(RECORD, "/customer/email"))).toBe(true);
  expect(isMaskedPart(faultyPart(RECORD, "/purchases/total_cost"))).toBe(false);
  expect(isMaskedPart(undefined)).toBe(false);
});
