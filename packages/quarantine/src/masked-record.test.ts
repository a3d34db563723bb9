import { createDatasets } from "@lethe/datasets/create-datasets";
import { expect, it } from "vitest";
import { changedFields } from "./changed-fields.js";
import { maskedRecord } from "./masked-record.js";

const datasets = createDatasets();
const word = (field: string) => `secret ${field}`;

it.each(datasets.all.map(({ name }) => [name] as const))("shows nothing about the person of a record of %s", (name) => {
  const dataset = datasets.get(name);
  const record = dataset.sample({ customerId: "012345", email: "jane@example.org", word }) as object;
  const text = JSON.stringify(maskedRecord(dataset, { ...record, "jane@example.org": "jane@example.org" }));
  expect(text).not.toMatch(/012345|jane|secret/);
});

it("shows what was bought, and that there is a customer", () => {
  const dataset = datasets.get("transactions");
  const record = dataset.sample({ customerId: "012345", email: "jane@example.org", word });
  expect(maskedRecord(dataset, record)).toMatchObject({
    customer_id: "[masked]",
    delivery_address: { address: "[masked]" },
    purchases: { total_cost: "14.97", products: [{ sku: 50_121 }] },
  });
});

it("names changed fields that are declared, and no others", () => {
  const declared = Object.keys(datasets.get("transactions").fields);
  const before = { customer_id: "1", delivery_address: { city: "Cork" }, jane: 1 };
  const after = { customer_id: "2", delivery_address: { city: "Cork", jane: 2 }, jane: 1 };
  expect(changedFields(declared, before, after)).toEqual(["customer_id", "(other)"]);
  expect(changedFields(declared, before, structuredClone(before))).toEqual([]);
  expect(changedFields(declared, undefined, { customer_id: "2" })).toContain("customer_id");
});
