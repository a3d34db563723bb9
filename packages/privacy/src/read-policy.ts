import { readFileSync } from "node:fs";
import { ConfigurationError } from "@lethe/contracts/errors";
import { defaultPolicy, type MaskableFields, type Policy, parsePolicy } from "./policy.js";

/**
 * Reads the policy from a file; where none is named, it is the one that the datasets declare. Takes the fields that the
 * datasets have. Throws ConfigurationError.
 */
export function readPolicy(path: string | undefined, fields: MaskableFields): Policy {
  if (path === undefined) return defaultPolicy(fields);
  let json: string;
  try {
    json = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigurationError("the file that LETHE_POLICY_FILE names cannot be read", { cause: error });
  }
  return parsePolicy(json, fields);
}
