import path from "node:path";
import { type RedisAccess, redisAccess } from "@lethe/service-kit/redis-address";
import { type Environment, readSettings } from "@lethe/service-kit/settings";
import Type from "typebox";
import { fromRepository } from "../repository.js";
import { CLI_SETTINGS } from "../settings.js";

const UpSchema = Type.Omit(Type.Object(CLI_SETTINGS), [
  "LETHE_POLICY_FILE",
  "LETHE_ERASURE_OUTCOME",
  "LETHE_MAX_UNPACK_RATIO",
]);

export interface UpSettings {
  /** Servers of the user's, where given. */
  readonly databaseUrl: string | undefined;
  readonly redis: RedisAccess | undefined;
  readonly queuePrefix: string;
  readonly input: string;
  readonly folders: DataFolders;
  /** Whether the group of whoever runs this may read the folders and the files in them. */
  readonly isGroupReadable: boolean;
  /** Whether a key for pseudonyms and the suppression list is given by the environment. */
  readonly hasPrivacyKey: boolean;
  /** Whether a key that signs receipts is given by the environment. */
  readonly hasSigningKey: boolean;
  readonly host: string;
  readonly port: number;
}

/** Absolute paths; all of it lies in the data folder. */
export interface DataFolders {
  readonly data: string;
  readonly stack: string;
  readonly logs: string;
}

/** Reads what `lethe up` must know. Relative folders start at the root of the checkout. Throws ConfigurationError. */
export function readUpSettings(environment: Environment): UpSettings {
  const settings = readSettings(UpSchema, environment);
  const data = fromRepository(settings.DATA_DIR);
  return {
    databaseUrl: settings.DATABASE_URL,
    redis: settings.REDIS_URL === undefined ? undefined : redisAccess({ ...settings, REDIS_URL: settings.REDIS_URL }),
    queuePrefix: settings.LETHE_QUEUE_PREFIX,
    input: fromRepository(settings.RAW_DATA_DIR),
    folders: {
      data,
      stack: path.join(data, "stack"),
      logs: path.join(data, "logs"),
    },
    isGroupReadable: settings.LETHE_FILES_GROUP_READABLE,
    hasPrivacyKey: settings.LETHE_PRIVACY_KEY !== undefined,
    hasSigningKey: settings.LETHE_SIGNING_KEY !== undefined,
    host: settings.LETHE_HOST,
    port: settings.LETHE_PORT,
  };
}
