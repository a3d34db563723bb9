import { readFileSync } from "node:fs";
import path from "node:path";
import { ConfigurationError } from "@lethe/contracts/errors";
import { createDatasets, fieldsOf } from "@lethe/datasets/registry";
import type { ErasureContext } from "@lethe/erasure/context";
import { type Keyring, parseKeyring } from "@lethe/privacy/privacy-key";
import { readPolicy } from "@lethe/privacy/read-policy";
import { type Environment, readSettings } from "@lethe/service-kit/settings";
import { openStagingDirectory } from "@lethe/staging/staging-directory";
import type { Pool } from "@lethe/warehouse/pool";
import Type from "typebox";
import { dataDirectory } from "./connection-settings.js";

const PrivacySchema = Type.Object({
  LETHE_PRIVACY_KEY: Type.Optional(Type.String()),
  LETHE_POLICY_FILE: Type.Optional(Type.String()),
});

/** Gives what an erasure works with: the data folder's files, the keyring and the policy, as the services have them. */
export function erasureContext(environment: Environment, pool: Pool): ErasureContext {
  const datasets = createDatasets(false);
  const settings = readSettings(PrivacySchema, environment);
  return {
    pool,
    datasets,
    ring: readKeyring(environment),
    policy: readPolicy(settings.LETHE_POLICY_FILE, fieldsOf(datasets)),
    ...folders(environment),
  };
}

/** Gives the folders that an erasure reaches. */
export function folders(environment: Environment) {
  const data = dataDirectory(environment);
  return {
    staging: openStagingDirectory(path.join(data, "staging")),
    landing: path.join(data, "landing"),
    archived: path.join(data, "archived_data"),
    processed: path.join(data, "processed_data"),
    quarantined: path.join(data, "quarantined_data"),
  };
}

/** Gives the keyring: of LETHE_PRIVACY_KEY or its file, else of the data folder's own. Throws ConfigurationError. */
export function readKeyring(environment: Environment): Keyring {
  const { LETHE_PRIVACY_KEY } = readSettings(PrivacySchema, environment);
  return parseKeyring(LETHE_PRIVACY_KEY ?? readKeyFile(keyFile(environment)));
}

/** Gives the path of the file that holds the keyring. */
export function keyFile(environment: Environment): string {
  const named = environment.LETHE_PRIVACY_KEY_FILE;
  return named === undefined || named === "" ? path.join(dataDirectory(environment), "privacy.key") : named;
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigurationError(
      "LETHE_PRIVACY_KEY is not set, and the data folder (DATA_DIR) has no privacy.key that can be read",
      { cause: error },
    );
  }
}
