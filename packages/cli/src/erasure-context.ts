import { createDatasets, type Datasets } from "@lethe/datasets/create-datasets";
import type { ErasureContext } from "@lethe/erasure/context";
import type { Policy } from "@lethe/privacy/policy";
import { readPolicy } from "@lethe/privacy/read-policy";
import { SEARCH_SETTINGS } from "@lethe/service-kit/search-settings";
import { type Environment, readSettings } from "@lethe/service-kit/settings";
import { UNPACK_SETTINGS } from "@lethe/service-kit/unpack-settings";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { openStaging } from "@lethe/storage/staging";
import type { Storage } from "@lethe/storage/storage";
import type { Pool } from "@lethe/warehouse/pool";
import Type from "typebox";
import { dataDirectory } from "./connection-settings.js";
import { readKeyring } from "./privacy-keys.js";
import { CLI_SETTINGS } from "./settings.js";

const PolicySettings = Type.Object({
  LETHE_POLICY_FILE: CLI_SETTINGS.LETHE_POLICY_FILE,
  LETHE_ERASURE_OUTCOME: CLI_SETTINGS.LETHE_ERASURE_OUTCOME,
});
const FilesSetting = Type.Object({ LETHE_FILES_GROUP_READABLE: CLI_SETTINGS.LETHE_FILES_GROUP_READABLE });
const SearchSettings = Type.Object(SEARCH_SETTINGS);
const UnpackSettings = Type.Object(UNPACK_SETTINGS);

/** Reads the policy as the services have it. Throws ConfigurationError. */
export function policyOf(environment: Environment, datasets: Datasets): Policy {
  return readPolicy(readSettings(PolicySettings, environment), datasets.fields);
}

/**
 * Returns what an erasure works with: the data folder's files, the keyring and the policy, as the services have them.
 * Throws ConfigurationError.
 */
export function erasureContext(environment: Environment, pool: Pool): ErasureContext {
  const datasets = createDatasets();
  const files = fileReach(environment);
  return {
    pool,
    datasets,
    ring: readKeyring(environment),
    policy: policyOf(environment, datasets),
    staging: openStaging(files.storage),
    fullSearchBytes: readSettings(SearchSettings, environment).LETHE_FULL_SEARCH_BYTES,
    ...files,
  };
}

/** Returns the files that an erasure reaches, and how far it reads into damaged ones. */
export function fileReach(environment: Environment): Pick<ErasureContext, "storage" | "maxUnpackRatio"> {
  return {
    storage: openDataStorage(environment),
    maxUnpackRatio: readSettings(UnpackSettings, environment).LETHE_MAX_UNPACK_RATIO,
  };
}

/** Returns the storage of the data folder that DATA_DIR names. */
export function openDataStorage(environment: Environment): Storage {
  const { LETHE_FILES_GROUP_READABLE: isGroupReadable } = readSettings(FilesSetting, environment);
  return openFolderStorage(dataDirectory(environment), { isGroupReadable });
}
