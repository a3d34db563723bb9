import { ConfigurationError } from "@lethe/contracts/errors";
import { describe, expect, it } from "vitest";
import { defaultPolicy, type MaskableFields, parsePolicy, strategiesOf } from "./policy.js";

const FIELDS: MaskableFields = {
  customers: { id: { mask: "hmac", strategies: ["hmac"] }, email: { mask: "null", strategies: ["null", "keep"] } },
  products: { sku: { mask: "keep", strategies: ["keep"] } },
  transactions: { "delivery_address.city": { mask: "null", strategies: ["null"] } },
  "erasure-requests": { "customer-id": { mask: "hmac", strategies: ["hmac"] } },
};

function policy(customers: Record<string, unknown>, more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    version: "test.1",
    datasets: {
      customers,
      products: { sku: "keep" },
      transactions: { "delivery_address.city": "null" },
      "erasure-requests": { "customer-id": "hmac" },
    },
    ...more,
  });
}

describe("parsePolicy", () => {
  it("gives a policy that names every field once", () => {
    const parsed = parsePolicy(policy({ id: "hmac", email: "null" }), FIELDS);
    expect(parsed.version).toBe("test.1");
    expect(parsed.datasets.customers).toEqual({ id: "hmac", email: "null" });
  });

  it("names every field that is missing and every one that no dataset has", () => {
    const json = policy({ id: "hmac", shoe_size: "keep", __proto: "keep" });
    expect(() => parsePolicy(json, FIELDS)).toThrow(ConfigurationError);
    expect(() => parsePolicy(json, FIELDS)).toThrow(
      "customers.email has no strategy; customers.shoe_size is no field of the dataset; customers.__proto is no field",
    );
  });

  it("refuses a strategy that would leave what the field cannot hold", () => {
    expect(() => parsePolicy(policy({ id: "null", email: "generalize" }), FIELDS)).toThrow(
      "customers.id cannot be masked by null, only by hmac; customers.email cannot be masked by generalize, only by null or keep",
    );
  });

  it.each([
    ["a strategy that there is not", policy({ id: "rot13", email: "null" }), "/datasets/customers/id"],
    ["a strategy that is no text", policy({ id: null, email: "null" }), "/datasets/customers/id"],
    ["a field beside the known ones", policy({ id: "hmac", email: "null" }, { mode: "lax" }), "/mode"],
    ["an empty version", policy({ id: "hmac", email: "null" }, { version: "" }), "/version"],
    ["no dataset", '{"version": "1", "datasets": {}}', "/datasets"],
    ["no object", "[]", ""],
  ])("says where it is wrong: %s", (_what, json, place) => {
    expect(() => parsePolicy(json, FIELDS)).toThrow(ConfigurationError);
    expect(() => parsePolicy(json, FIELDS)).toThrow(`the policy is wrong at "${place}"`);
  });

  it.each(["", "{", "version: 1"])("says that %j is not JSON", (json) => {
    expect(() => parsePolicy(json, FIELDS)).toThrow(new ConfigurationError("the policy is not JSON"));
  });
});

describe("defaultPolicy", () => {
  it("takes of each field what the dataset declares, and is another version when that changes", () => {
    const policy = defaultPolicy(FIELDS);
    expect(strategiesOf(policy, "customers")).toEqual({ id: "hmac", email: "null" });
    expect(parsePolicy(JSON.stringify(policy), FIELDS)).toEqual(policy);
    const changed = { ...FIELDS, products: { sku: { mask: "null", strategies: ["null"] } } } as const;
    expect(defaultPolicy(changed).version).not.toBe(policy.version);
    expect(defaultPolicy({ ...FIELDS }).version).toBe(policy.version);
  });

  it("does not stand for a dataset that it does not name", () => {
    expect(() => strategiesOf(defaultPolicy(FIELDS), "returns")).toThrow(ConfigurationError);
    expect(() => strategiesOf(defaultPolicy(FIELDS), "constructor")).toThrow(ConfigurationError);
  });
});
