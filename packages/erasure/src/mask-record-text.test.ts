import { createDatasets } from "@lethe/datasets/create-datasets";
import { strategiesOf } from "@lethe/privacy/policy";
import { parsePrivacyKey } from "@lethe/privacy/privacy-key";
import { readPolicy } from "@lethe/privacy/read-policy";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import { describe, expect, it } from "vitest";
import { maskRawRecords } from "./mask-record-text.js";

const KEY = parsePrivacyKey("11".repeat(32));
const DATASETS = createDatasets();
const POLICY = readPolicy({}, DATASETS.fields);
const masking = (name: string) => ({ strategies: strategiesOf(POLICY, name), replacementOf: () => undefined });
const JANE: FindSuppression = (id, email) =>
  id === "013000" || email === "jane@example.org"
    ? { subjectId: "subject", key: KEY, outcome: "pseudonymise" as const }
    : undefined;
const DEEP = 200_000;
const nested = (value: string) => `${"[".repeat(DEEP)}${value}${"]".repeat(DEEP)}`;

function rewriting() {
  let masked = 0;
  const rewrite = maskRawRecords(DATASETS.get("transactions"), masking("transactions"), JANE, () => {
    masked += 1;
  });
  return { rewrite, masked: () => masked };
}

describe("a raw record that is nested deeper than a stack", () => {
  it.each([
    ["its own id", `{"customer_id":"013000","purchases":${nested('"Jane"')}}`],
    ["its own id, written otherwise", `{"customer_id":"\\u003013000 ","purchases":${nested('"Jane"')}}`],
    ["an email in it", `{"customer_id":"000001","purchases":${nested('"jane@example.org"')}}`],
    ["an email with escapes", `{"customer_id":"000001","purchases":${nested('"jane\\u0040example.org"')}}`],
    ["no field that says whose it is", `{"purchases":${nested('"013000"')}}`],
  ])("is redacted whole when it names somebody by %s", (_how, text) => {
    const { rewrite, masked } = rewriting();
    expect(rewrite.json(text)).toBe("[erased]");
    expect(masked()).toBe(1);
  });

  it("stays when it names nobody", () => {
    const { rewrite, masked } = rewriting();
    expect(rewrite.json(`{"customer_id":"000001","purchases":${nested('"tom@example.org"')}}`)).toBeUndefined();
    expect(masked()).toBe(0);
  });

  it("is redacted in CSV too", () => {
    const { rewrite } = rewriting();
    expect(rewrite.csv({ customer_id: "013000", purchases: nested('"Jane"') })).toEqual({
      customer_id: "[erased]",
      purchases: "[erased]",
    });
    expect(rewrite.csv({ customer_id: "000001", purchases: nested("1") })).toBeUndefined();
  });
});

describe("a raw record of a suppressed person that names them in a field that is kept", () => {
  const customers = maskRawRecords(DATASETS.get("customers"), masking("customers"), JANE, () => undefined);

  it("keeps no email there", () => {
    const { rewrite } = rewriting();
    const record = {
      transaction_id: ["jane@example.org"],
      transaction_time: "by Jane@Example.org",
      customer_id: "013000",
    };
    expect(JSON.parse(rewrite.json(JSON.stringify(record)) ?? "")).toMatchObject({
      // What does not fit its schema could be anything.
      transaction_id: null,
      transaction_time: "by [erased]",
    });
  });

  it("is redacted whole when its id stands there and nothing is left that says whose it is", () => {
    const row = { email: "jane@example.org", country: "013000" };
    expect(customers.csv(row)).toEqual({ email: "[erased]", country: "[erased]" });
    expect(customers.json(JSON.stringify(row))).toBe("[erased]");
  });
});
