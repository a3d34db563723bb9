import { expect } from "vitest";
import { it } from "../test/ledger-database.js";
import { readColumnTypes } from "./column-types.js";

it("reads the types of columns, and passes over tables that are not there", async ({ pool }) => {
  const types = await readColumnTypes(pool, ["warehouse.products", "warehouse.none"]);
  expect([...types.keys()]).toEqual(["warehouse.products"]);
  expect(types.get("warehouse.products")).toMatchObject({ sku: "integer", price: "numeric" });
});
