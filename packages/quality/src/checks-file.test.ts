import { ConfigurationError } from "@lethe/contracts/errors";
import { describe, expect, it } from "vitest";
import { parseChecks } from "./checks-file.js";

const DATASETS = ["customers", "transactions"];

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
    ["a list", "- customers", "it must begin with `datasets:`"],
  ])("says where it is wrong: %s", (_what, text, message) => {
    expect(() => parseChecks(text, DATASETS)).toThrow(ConfigurationError);
    expect(() => parseChecks(text, DATASETS)).toThrow(message);
  });
});
