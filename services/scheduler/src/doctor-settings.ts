import path from "node:path";
import type { Datasets } from "@lethe/datasets/create-datasets";
import type { DoctorSettings } from "@lethe/doctor/doctor-settings";
import type { Keyring } from "@lethe/privacy/privacy-key";
import { readPolicy } from "@lethe/privacy/read-policy";
import type { SigningKeys } from "@lethe/privacy/signing-key";
import { redisAccess } from "@lethe/service-kit/redis-address";
import type { SchedulerSettings } from "./settings.js";

/** The keys that the scheduler was given, each of which it can do without. */
export interface GivenKeys {
  readonly ring: Keyring | undefined;
  readonly signer: SigningKeys | undefined;
}

/** Returns what the doctor is told of the installation, as far as the scheduler knows it. */
export function doctorSettings(
  settings: SchedulerSettings,
  { ring, signer }: GivenKeys,
  datasets: Datasets,
): DoctorSettings {
  return {
    dataFolder: path.resolve(settings.DATA_DIR),
    schedulesOn: settings.LETHE_SCHEDULES === "on",
    databaseUrl: async () => settings.DATABASE_URL,
    redis: async () => ({ redis: redisAccess(settings), queuePrefix: settings.LETHE_QUEUE_PREFIX }),
    // Without a name it may be that of the transformer and the loader all the same.
    policy: settings.LETHE_POLICY_FILE === undefined ? undefined : () => readPolicy(settings, datasets.fields),
    privacyKeys: ring && { isGiven: true, areThere: () => true, read: () => ring },
    signingKeys: signer && (() => signer),
  };
}
