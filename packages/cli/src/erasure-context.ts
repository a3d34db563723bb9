import path from "node:path";
import { createDatasets } from "@lethe/datasets/registry";
import type { ErasureContext } from "@lethe/erasure/context";
import { readPolicy } from "@lethe/privacy/read-policy";
import { type Environment, readSettings } from "@lethe/service-kit/settings";
import { UNPACK_SETTINGS } from "@lethe/service-kit/unpack-settings";
import { openStagingDirectory } from "@lethe/staging/staging-directory";
import type { Pool } from "@lethe/warehouse/pool";
import Type from "typebox";
import { dataDirectory } from "./connection-settings.js";
import { readKeyring } from "./privacy-keys.js";
import { CLI_SETTINGS } from "./settings.js";

const PolicySetting = Type.Object({ LETHE_POLICY_FILE: CLI_SETTINGS.LETHE_POLICY_FILE });
const UnpackSettings = Type.Object(UNPACK_SETTINGS);

/**
 * Returns what an erasure works with: the data folder's files, the keyring and the policy, as the services have them.
 * Throws ConfigurationError.
 */
export function erasureContext(environment: Environment, pool: Pool): ErasureContext {
  const datasets = createDatasets();
  const { LETHE_POLICY_FILE } = readSettings(PolicySetting, environment);
  return {
    pool,
    datasets,
    ring: readKeyring(environment),
    policy: readPolicy(LETHE_POLICY_FILE, datasets.fields),
    ...reach(environment),
  };
}

/** Returns the folders that an erasure reaches, and how far into damaged files it reads. */
export function reach(environment: Environment) {
  const data = dataDirectory(environment);
  return {
    staging: openStagingDirectory(path.join(data, "staging")),
    landing: path.join(data, "landing"),
    archived: path.join(data, "archived_data"),
    processed: path.join(data, "processed_data"),
    quarantined: path.join(data, "quarantined_data"),
    maxUnpackRatio: readSettings(UnpackSettings, environment).LETHE_MAX_UNPACK_RATIO,
  };
}
