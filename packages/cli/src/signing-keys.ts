import { readFileSync } from "node:fs";
import { ConfigurationError } from "@lethe/contracts/errors";
import { parseSigningKeys, type SigningKeys } from "@lethe/privacy/signing-key";
import type { Environment } from "@lethe/service-kit/settings";
import { dataDirectory } from "./connection-settings.js";
import { ownSigningKeyFile } from "./up/signing-key-file.js";

/**
 * Reads the keys that sign receipts: those of LETHE_SIGNING_KEY or its file, else the data folder's own. Throws
 * ConfigurationError, which holds nothing of a key.
 */
export function readSigningKeys(environment: Environment): SigningKeys {
  const file = signingKeyFile(environment);
  if (file === undefined) return parseSigningKeys(environment.LETHE_SIGNING_KEY ?? "");
  try {
    return parseSigningKeys(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw new ConfigurationError(
      `the signing key cannot be read from ${file}; name its file in LETHE_SIGNING_KEY_FILE, or set DATA_DIR`,
      { cause: error },
    );
  }
}

/** Returns the file that holds the signing keys; undefined when LETHE_SIGNING_KEY holds them itself. */
export function signingKeyFile(environment: Environment): string | undefined {
  const named = environment.LETHE_SIGNING_KEY_FILE ?? "";
  if (named !== "") return named;
  if ((environment.LETHE_SIGNING_KEY ?? "") !== "") return undefined;
  return ownSigningKeyFile(dataDirectory(environment));
}
