import { ConfigurationError } from "@lethe/contracts/errors";
import type { RedisPlace } from "@lethe/doctor/doctor-settings";
import { redisAccess } from "@lethe/service-kit/redis-address";
import { type Environment, readSettings } from "@lethe/service-kit/settings";
import Type from "typebox";
import { fromRepository } from "./repository.js";
import { CLI_SETTINGS } from "./settings.js";
import { readRunningStack } from "./stack-file.js";

export interface ConnectionSettings extends RedisPlace {
  readonly databaseUrl: string;
}

const PlaceSchema = Type.Object({ DATA_DIR: CLI_SETTINGS.DATA_DIR });

const DatabaseSchema = Type.Object({ DATABASE_URL: CLI_SETTINGS.DATABASE_URL });

const REDIS = {
  REDIS_URL: CLI_SETTINGS.REDIS_URL,
  LETHE_REDIS_CA: CLI_SETTINGS.LETHE_REDIS_CA,
  LETHE_REDIS_CERTIFICATE: CLI_SETTINGS.LETHE_REDIS_CERTIFICATE,
  LETHE_REDIS_KEY: CLI_SETTINGS.LETHE_REDIS_KEY,
  LETHE_QUEUE_PREFIX: CLI_SETTINGS.LETHE_QUEUE_PREFIX,
};

const RedisSchema = Type.Object(REDIS);

const ServersSchema = Type.Object({ DATABASE_URL: CLI_SETTINGS.DATABASE_URL, ...REDIS });

/** Returns the absolute path of the data folder that DATA_DIR names. */
export function dataDirectory(environment: Environment): string {
  return fromRepository(readSettings(PlaceSchema, environment).DATA_DIR);
}

/**
 * Returns the database's URL: DATABASE_URL, else that of the `npm start` that runs on the same DATA_DIR.
 * Throws ConfigurationError when there is neither.
 */
export async function databaseSetting(environment: Environment): Promise<string> {
  const settings = readSettings(DatabaseSchema, await withRunningStack(environment));
  return settings.DATABASE_URL ?? missing(environment, "DATABASE_URL");
}

/** Returns the settings of database and queues, each from the environment, else from the running `npm start`. */
export async function connectionSettings(environment: Environment): Promise<ConnectionSettings> {
  const settings = readSettings(ServersSchema, await withRunningStack(environment));
  return {
    databaseUrl: settings.DATABASE_URL ?? missing(environment, "DATABASE_URL"),
    redis: redisAccess({ ...settings, REDIS_URL: settings.REDIS_URL ?? missing(environment, "REDIS_URL") }),
    queuePrefix: settings.LETHE_QUEUE_PREFIX,
  };
}

/** Returns the settings of Redis, from the environment, else from the running `npm start`; undefined when there is neither. */
export async function redisSetting(environment: Environment): Promise<RedisPlace | undefined> {
  const settings = readSettings(RedisSchema, await withRunningStack(environment));
  if (settings.REDIS_URL === undefined) return undefined;
  return {
    redis: redisAccess({ ...settings, REDIS_URL: settings.REDIS_URL }),
    queuePrefix: settings.LETHE_QUEUE_PREFIX,
  };
}

/** Fills in from the running stack what the environment does not say. */
async function withRunningStack(environment: Environment): Promise<Environment> {
  const stack = await readRunningStack(dataDirectory(environment));
  if (stack === undefined) return environment;
  const given = Object.entries(environment).filter(([, text]) => text !== undefined && text !== "");
  return {
    DATABASE_URL: stack.databaseUrl,
    REDIS_URL: stack.redisUrl,
    LETHE_QUEUE_PREFIX: stack.queuePrefix,
    ...Object.fromEntries(given),
  };
}

function missing(environment: Environment, setting: string): never {
  throw new ConfigurationError(
    `${setting} is not set, and no \`npm start\` runs on ${dataDirectory(environment)} (DATA_DIR). ` +
      "Set it, or start Lethe with `npm start` and try again.",
  );
}
