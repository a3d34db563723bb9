import { ConfigurationError } from "@lethe/contracts/errors";
import { type Environment, readSettings } from "@lethe/service-kit/settings";
import Type from "typebox";
import { fromRepository } from "./repository.js";
import { CLI_SETTINGS } from "./settings.js";
import { readRunningStack } from "./stack-file.js";

export interface ConnectionSettings {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** First part of every Redis key; the services must have the same. */
  readonly queuePrefix: string;
}

const PlaceSchema = Type.Object({ DATA_DIR: CLI_SETTINGS.DATA_DIR });

const DatabaseSchema = Type.Object({ DATABASE_URL: CLI_SETTINGS.DATABASE_URL });

const RedisSchema = Type.Object({
  REDIS_URL: CLI_SETTINGS.REDIS_URL,
  LETHE_QUEUE_PREFIX: CLI_SETTINGS.LETHE_QUEUE_PREFIX,
});

const ServersSchema = Type.Object({
  DATABASE_URL: CLI_SETTINGS.DATABASE_URL,
  REDIS_URL: CLI_SETTINGS.REDIS_URL,
  LETHE_QUEUE_PREFIX: CLI_SETTINGS.LETHE_QUEUE_PREFIX,
});

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
    redisUrl: settings.REDIS_URL ?? missing(environment, "REDIS_URL"),
    queuePrefix: settings.LETHE_QUEUE_PREFIX,
  };
}

/** Returns the settings of Redis, from the environment, else from the running `npm start`; undefined when there is neither. */
export async function redisSetting(
  environment: Environment,
): Promise<Pick<ConnectionSettings, "redisUrl" | "queuePrefix"> | undefined> {
  const { REDIS_URL, LETHE_QUEUE_PREFIX } = readSettings(RedisSchema, await withRunningStack(environment));
  return REDIS_URL === undefined ? undefined : { redisUrl: REDIS_URL, queuePrefix: LETHE_QUEUE_PREFIX };
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
