import { ConfigurationError } from "@lethe/contracts/errors";
import { describe, expect, it } from "vitest";
import { parseChecks } from "./checks-file.js";

const DATASETS = new Map([
  ["customers", ["id", "email"]],
  ["transactions", ["transaction_id", "delivery_address.city"]],
]);

const FILE = `
datasets:
  transactions:
    thresholds:
      rejects: { fail: { percent: 5 } }
      lateReferences:
        warn: never
`;

describe("parseChecks", () => {
  it("reads YAML, and JSON, which is YAML; what is not stated has its default", () => {
    const checks = parseChecks(FILE, DATASETS);
    expect(checks.get("transactions")?.thresholds).toEqual({
      rejects: { warn: { percent: 10 }, fail: { percent: 5 }, minRows: 20 },
      lateReferences: { warn: "never", fail: "never", minRows: 20 },
    });
    expect(checks.get("customers")).toEqual(parseChecks(undefined, DATASETS).get("customers"));
    const json = '{"datasets": {"transactions": {"thresholds": {"rejects": {"minRows": 7}}}}}';
    expect(parseChecks(json, DATASETS).get("transactions")?.thresholds.rejects.minRows).toBe(7);
  });

  it("reads checks in the standard's words, with a key of their own each", () => {
    const text = `
datasets:
  customers:
    learn: false
    quality:
      - { metric: rowCount, mustBeBetween: [10, 500] }
      - { metric: freshness, mustBeLessThan: 3 }
    properties:
      - name: email
        quality:
          - { metric: nullValues, mustBeLessOrEqualTo: 1, unit: percent, id: emails }
    arrival: { expected: { hours: [0, 6], weekdays: [monday] }, lateAfterMinutes: 90 }
`;
    const customers = parseChecks(text, DATASETS).get("customers");
    expect(customers).toMatchObject({ learn: false, arrival: { lateAfterMinutes: 90 } });
    expect(customers?.partition).toEqual([
      { key: "rowCount", metric: "rowCount", property: null, unit: "rows", operators: { mustBeBetween: [10, 500] } },
      {
        key: "emails",
        metric: "nullValues",
        property: "email",
        unit: "percent",
        operators: { mustBeLessOrEqualTo: 1 },
      },
    ]);
    expect(customers?.freshness).toMatchObject([{ key: "freshness", unit: "hours" }]);
  });

  it("takes the id that a check would have without one", () => {
    const text = "datasets: { customers: { quality: [{ metric: rowCount, mustBe: 1, id: rowCount }] } }";
    expect(parseChecks(text, DATASETS).get("customers")?.partition).toMatchObject([{ key: "rowCount" }]);
  });

  it.each([
    ["no condition", "quality: [{ metric: rowCount }]", "states no condition"],
    ["a share of a count", "quality: [{ metric: rowCount, mustBe: 1, unit: percent }]", "not a share"],
    ["a metric of a field", "quality: [{ metric: nullValues, mustBe: 1 }]", "line 3: datasets.customers.quality.0"],
    ["a range upside down", "quality: [{ metric: rowCount, mustBeBetween: [5, 1] }]", "first bound, 5, is above"],
    ["a range that holds nothing", "quality: [{ metric: rowCount, mustBeBetween: [5, 5] }]", "leaves both bounds out"],
    [
      "the id of another",
      "quality: [{ metric: duplicateValues, mustBe: 0, id: rowCount }]",
      "rowCount means something",
    ],
    ["the id of a field's", "quality: [{ metric: rowCount, mustBe: 1, id: email.nullValues }]", "means something else"],
    ["the cause of an alert", "quality: [{ metric: freshness, mustBe: 1, id: email }]", "email means something else"],
    ["another alert's cause", "quality: [{ metric: freshness, mustBe: 1, id: schedule }]", "schedule means something"],
    ["an alias of nothing", "learn: *nothing", "an alias that stands for nothing, or for too much"],
    ["an alias of itself", "quality: &q [*q]", "line 3: datasets.customers.quality.0"],
    ["a set", "properties: !!set { email }", "line 3: datasets.customers.properties"],
    ["two of a key", "quality: [{ metric: rowCount, mustBe: 1 }, { metric: rowCount, mustBe: 2 }]", "give it an id"],
    ["a field that is none", "properties: [{ name: mail, quality: [] }]", "is no field of customers; it has id, email"],
    ["freshness in percent", "quality: [{ metric: freshness, mustBe: 1, unit: percent }]", "measured in hours"],
    ["an hour that is none", "arrival: { expected: { hours: [24] } }", "line 3: datasets.customers.arrival.expected"],
  ])("refuses %s", (_what, stated, message) => {
    expect(() => parseChecks(`datasets:\n  customers:\n    ${stated}`, DATASETS)).toThrow(message);
  });

  it.each([
    [
      "an unknown dataset",
      "datasets:\n  returns: {}",
      "line 2: datasets.returns is no dataset; there are customers, transactions",
    ],
    ["an unknown key", "datasets:\n  customers:\n    treshold: {}", "line 3: datasets.customers.treshold"],
    ["a share above all", FILE.replace("5", "101"), "line 5: datasets.transactions.thresholds.rejects.fail"],
    [
      "a key twice",
      "datasets:\n  customers: {}\n  customers: {}",
      "line 3: it is neither YAML nor JSON (DUPLICATE_KEY)",
    ],
    ["no YAML", "datasets: [", "line 1: it is neither YAML nor JSON"],
    ["an empty file", "", "it must begin with `datasets:`"],
    ["a set", "datasets: !!set { customers }", "line 1: datasets.customers must be object"],
    ["an ordered map", "datasets: !!omap [customers: { learn: false }]", "line 1: datasets must be object"],
    ["a list", "- customers", "it must begin with `datasets:`"],
  ])("says where it is wrong: %s", (_what, text, message) => {
    expect(() => parseChecks(text, DATASETS)).toThrow(ConfigurationError);
    expect(() => parseChecks(text, DATASETS)).toThrow(message);
  });
});
