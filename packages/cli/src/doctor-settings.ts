import { existsSync } from "node:fs";
import type { Datasets } from "@lethe/datasets/create-datasets";
import type { DoctorSettings, PrivacyKeySource } from "@lethe/doctor/doctor-settings";
import type { Environment } from "@lethe/service-kit/settings";
import { databaseSetting, dataDirectory, redisSetting } from "./connection-settings.js";
import { policyOf } from "./erasure-context.js";
import { readKeyring } from "./privacy-keys.js";
import { readSigningKeys } from "./signing-keys.js";
import { ownKeyFile } from "./up/privacy-key-file.js";

/** Returns what the doctor is told of the installation that the environment names. */
export function doctorSettings(environment: Environment, datasets: Datasets): DoctorSettings {
  const { LETHE_PRIVACY_KEY = "", LETHE_PRIVACY_KEY_FILE = "" } = environment;
  const dataFolder = dataDirectory(environment);
  return {
    dataFolder,
    schedulesOn: environment.LETHE_SCHEDULES !== "off",
    databaseUrl: () => databaseSetting(environment),
    redis: () => redisSetting(environment),
    policy: () => policyOf(environment, datasets),
    privacyKeys: privacyKeySource(environment, dataFolder, LETHE_PRIVACY_KEY !== "" || LETHE_PRIVACY_KEY_FILE !== ""),
    signingKeys: () => readSigningKeys(environment),
  };
}

/** Returns where the privacy keys come from: the environment, if it names them (`isGiven`), else the data folder. */
export function privacyKeySource(environment: Environment, dataFolder: string, isGiven: boolean): PrivacyKeySource {
  return {
    isGiven,
    areThere: () => isGiven || existsSync(ownKeyFile(dataFolder)),
    read: () => readKeyring(environment),
  };
}
