import { ConfigurationError } from "@lethe/contracts/errors";
import { describe, expect, it } from "vitest";
import { readPolicy } from "./read-policy.js";

describe("readPolicy", () => {
  it("says which setting is wrong when the file is not there", () => {
    const fields = { customers: {}, products: {}, transactions: {}, "erasure-requests": {} };
    expect(() => readPolicy({ LETHE_POLICY_FILE: "/nonexistent/policy.json" }, fields)).toThrow(ConfigurationError);
    expect(() => readPolicy({ LETHE_POLICY_FILE: "/nonexistent/policy.json" }, fields)).toThrow(/LETHE_POLICY_FILE/);
  });
});
