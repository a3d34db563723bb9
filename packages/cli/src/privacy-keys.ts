import { existsSync, readFileSync } from "node:fs";
import { ConfigurationError } from "@lethe/contracts/errors";
import { type Keyring, parseKeyring } from "@lethe/privacy/privacy-key";
import type { Environment } from "@lethe/service-kit/settings";
import { dataDirectory } from "./connection-settings.js";
import { ownKeyFile } from "./up/privacy-key-file.js";

/**
 * Reads the keys that pseudonyms and the suppression list are made with: those of LETHE_PRIVACY_KEY or its file, else
 * the data folder's own. Throws ConfigurationError, which holds nothing of a key.
 */
export function readKeyring(environment: Environment): Keyring {
  const file = keyFile(environment);
  if (file === undefined) return parseKeyring(environment.LETHE_PRIVACY_KEY ?? "");
  try {
    return parseKeyring(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw new ConfigurationError(
      `the privacy key cannot be read from ${file}; name its file in LETHE_PRIVACY_KEY_FILE, or set DATA_DIR`,
      { cause: error },
    );
  }
}

/** Reads the keys as `readKeyring` does; undefined where no file is there that would hold them. */
export function optionalKeyring(environment: Environment): Keyring | undefined {
  const file = keyFile(environment);
  return file === undefined || existsSync(file) ? readKeyring(environment) : undefined;
}

/** Returns the file that holds the keys; undefined when LETHE_PRIVACY_KEY holds them itself. */
export function keyFile(environment: Environment): string | undefined {
  const named = environment.LETHE_PRIVACY_KEY_FILE ?? "";
  // The order in which services look for it.
  if (named !== "") return named;
  if ((environment.LETHE_PRIVACY_KEY ?? "") !== "") return undefined;
  return ownKeyFile(dataDirectory(environment));
}
