import { readFileSync } from "node:fs";
import { ConfigurationError } from "@lethe/contracts/errors";
import { type CheckedFields, type Checks, parseChecks } from "./checks-file.js";

/**
 * Reads the checks from the file that the settings name, for datasets with these fields; without one, each has the defaults. Throws
 * ConfigurationError.
 */
export function readChecks(
  { LETHE_CHECKS_FILE: path }: { readonly LETHE_CHECKS_FILE?: string | undefined },
  datasets: CheckedFields,
): Checks {
  if (path === undefined) return parseChecks(undefined, datasets);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigurationError("the file that LETHE_CHECKS_FILE names cannot be read", { cause: error });
  }
  return parseChecks(text, datasets);
}
