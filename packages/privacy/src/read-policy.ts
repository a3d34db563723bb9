import { readFileSync } from "node:fs";
import type { ErasureOutcome } from "@lethe/contracts/erasures";
import { ConfigurationError } from "@lethe/contracts/errors";
import { defaultPolicy, type MaskableFields, type Policy, parsePolicy } from "./policy.js";

/** Where the policy comes from: a file, and an outcome for a policy that states none. */
export interface PolicySource {
  readonly LETHE_POLICY_FILE?: string | undefined;
  readonly LETHE_ERASURE_OUTCOME?: ErasureOutcome | undefined;
}

/**
 * Reads the policy from the file that the settings name; without one it is the policy that the datasets declare. An
 * outcome that the file states wins over the one of the settings. Takes the fields that the datasets have. Throws
 * ConfigurationError.
 */
export function readPolicy(source: PolicySource, fields: MaskableFields): Policy {
  const { LETHE_POLICY_FILE: path, LETHE_ERASURE_OUTCOME: outcome } = source;
  if (path === undefined) return defaultPolicy(fields, outcome);
  let json: string;
  try {
    json = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigurationError("the file that LETHE_POLICY_FILE names cannot be read", { cause: error });
  }
  return parsePolicy(json, fields, outcome);
}
