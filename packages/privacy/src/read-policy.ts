import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ConfigurationError } from "@lethe/contracts/errors";
import { type MaskableFields, type Policy, parsePolicy } from "./policy.js";

const OWN_POLICY = fileURLToPath(new URL("../policy.json", import.meta.url));

/**
 * Reads the policy from a file; the one that comes with Lethe when none is named. Takes the fields that the datasets
 * have. Throws ConfigurationError.
 */
export function readPolicy(path: string | undefined, fields: MaskableFields): Policy {
  let json: string;
  try {
    json = readFileSync(path ?? OWN_POLICY, "utf8");
  } catch (error) {
    throw new ConfigurationError("the file that LETHE_POLICY_FILE names cannot be read", { cause: error });
  }
  return parsePolicy(json, fields);
}
