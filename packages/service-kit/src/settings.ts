import { readFileSync } from "node:fs";
import { ERASURE_OUTCOMES } from "@lethe/contracts/erasures";
import { ConfigurationError } from "@lethe/contracts/errors";
import Type, { type Static, type TObject, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Default } from "typebox/value";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the environment of this process. Nothing else reads `process.env`. */
export function processEnvironment(): Environment {
  return process.env;
}

/** How to reach Redis. `readRedisAddress` checks the URL, since the error of a pattern helps nobody. */
export const REDIS_SETTINGS = {
  REDIS_URL: Type.String({
    description:
      "URL of Redis or Valkey: redis://user:password@host:port/database, the same with rediss:// for TLS, or unix:///path/of/redis.sock",
  }),
  LETHE_REDIS_CA: Type.Optional(
    Type.String({
      description:
        "Certificate of the authority that signed that of Redis, as PEM, where the system does not know it; usually as LETHE_REDIS_CA_FILE",
    }),
  ),
  LETHE_REDIS_CERTIFICATE: Type.Optional(
    Type.String({ description: "Certificate to show to a Redis that asks its clients for one, as PEM" }),
  ),
  LETHE_REDIS_KEY: Type.Optional(Type.String({ description: "Private key of LETHE_REDIS_CERTIFICATE, as PEM" })),
} as const;

/** The settings that every service has. A service's schema includes them. */
export const COMMON_SETTINGS = {
  NODE_ENV: Type.Enum(["development", "production", "test"], {
    default: "development",
    description: "Kind of installation; in production the scheduler refuses to start without LETHE_API_TOKEN",
  }),
  DATABASE_URL: Type.String({
    pattern: "^postgres(ql)?://",
    description: "URL of the PostgreSQL database, with user and password",
  }),
  ...REDIS_SETTINGS,
  DATA_DIR: Type.String({
    default: "var",
    description:
      "Folder of landing, processed, archived and staged files, the same for all services; a relative path starts at the working directory of a service, and at the root of the checkout for `lethe`",
  }),
  LETHE_FILES_GROUP_READABLE: Type.Boolean({
    default: false,
    description:
      "Whether the group of the services' user may read the files in DATA_DIR; without it they are for that user alone",
  }),
  LETHE_QUEUE_PREFIX: Type.String({
    default: "lethe",
    pattern: "^[a-z0-9-]+$",
    description: "First part of every Redis key; all services of an installation must have the same",
  }),
  LETHE_LOG_LEVEL: Type.Enum(["debug", "info", "warn", "error", "silent"], {
    default: "info",
    description: "Least level of what is logged",
  }),
  LETHE_LOCK_SECONDS: Type.Integer({
    default: 30,
    minimum: 2,
    maximum: 3_600,
    description: "Seconds after which a job is taken from a worker that does not renew its lock on it",
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      pattern: "^https?://",
      description:
        "Base URL of a receiver of OpenTelemetry traces by OTLP over HTTP, as http://127.0.0.1:4318; without it no traces are sent",
    }),
  ),
  LETHE_HEALTH_PORT: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 65_535,
    description: "Port of /healthz, /readyz and /metrics on LETHE_HEALTH_HOST; 0 serves none",
  }),
  LETHE_HEALTH_HOST: Type.String({
    default: "127.0.0.1",
    description:
      "Address that LETHE_HEALTH_PORT listens on; any other than a loopback address needs LETHE_METRICS_TOKEN",
  }),
  LETHE_METRICS_TOKEN: Type.Optional(
    Type.String({
      minLength: 16,
      pattern: "^\\S+$",
      description:
        "Token that whoever asks LETHE_HEALTH_PORT from another machine must send as Authorization: Bearer, 16 characters or more without a blank",
    }),
  ),
} as const;

/** The keys and the policy of masking, for whoever masks. */
export const PRIVACY_SETTINGS = {
  LETHE_PRIVACY_KEY: Type.String({
    description: "Key of the suppression list and of pseudonyms: 32 bytes or more as hexadecimal digits",
  }),
  LETHE_POLICY_FILE: Type.Optional(
    Type.String({ description: "File of the masking policy; without it the policy that comes with Lethe applies" }),
  ),
  LETHE_ERASURE_OUTCOME: Type.Optional(
    Type.Enum([...ERASURE_OUTCOMES], {
      description: "What erasures leave if the policy file does not say it; unlink without either",
    }),
  ),
} as const;

/** The key of signatures, for whoever signs the log. */
export const SIGNING_SETTINGS = {
  LETHE_SIGNING_KEY: Type.Optional(
    Type.String({
      description:
        "Key that signs checkpoints of receipts: Ed25519 as PEM, or its seed as 64 hexadecimal digits. The loader does not start without it",
    }),
  ),
} as const;

/** Where the API listens, for the scheduler and for what starts it. */
export const API_ADDRESS_SETTINGS = {
  LETHE_HOST: Type.String({
    default: "127.0.0.1",
    description: "Address that the API listens on; any other than a loopback address needs LETHE_API_TOKEN",
  }),
  LETHE_PORT: Type.Integer({
    default: 8080,
    minimum: 0,
    maximum: 65_535,
    description: "Port that the API listens on; 0 takes any free one",
  }),
} as const;

/** What a token of the API consists of: ASCII without blanks. */
export const API_TOKEN_PATTERN = "^[!-~]+$";

/** A token of the API: what the scheduler asks for, and what names the command's caller. */
export const API_TOKEN_SETTINGS = {
  LETHE_API_TOKEN: Type.Optional(
    Type.String({
      minLength: 16,
      pattern: API_TOKEN_PATTERN,
      writeOnly: true,
      description:
        "Token of an admin, 16 characters of ASCII or more, without blanks: where it is set, callers of the API must send it, or one of `lethe tokens " +
        "create`. The command records its decisions under the name of such a one",
    }),
  ),
} as const;

/** How decisions about people's data are taken, for whoever takes some. */
export const DECISION_SETTINGS = {
  LETHE_FOUR_EYES: Type.Boolean({
    default: false,
    description: "Whether an erasure that needs a decision needs two approvals, by tokens of different names",
  }),
} as const;

/** Which schedules fire. Services that have none leave them out; the command line shows by them what will run next. */
export const SCHEDULE_SETTINGS = {
  LETHE_SCHEDULES: Type.Enum(["on", "off"], { default: "on", description: "Whether the jobs' schedules fire" }),
  LETHE_ALLOW_SUBMINUTE_SCHEDULES: Type.Boolean({
    default: false,
    description: "Whether a schedule may fire more than once in a minute",
  }),
} as const;

/** The limit of the staging area, for the services that keep to it. */
export const STAGING_SETTINGS = {
  LETHE_STAGING_BYTES: Type.Integer({
    default: 2 * 1024 ** 3,
    minimum: 1024 ** 2,
    description:
      "Space in bytes that batches between the services may take up; an extractor that would exceed it waits",
  }),
} as const;

const CommonSchema = Type.Object(COMMON_SETTINGS);
export type CommonSettings = Static<typeof CommonSchema>;

/**
 * Reads a service's settings from an environment, converts them to the schema's types and adds the defaults. A setting `X`
 * may also be given as `X_FILE`, the path of a file that holds its value, which suits secrets. An empty text counts as not
 * given, except for a secret that opens a door when it is missing (`writeOnly`): that one is refused. Blanks alone are refused, too.
 * Throws ConfigurationError, which names every wrong setting and shows no value.
 */
export function readSettings<S extends TObject>(schema: S, environment: Environment): Static<S> {
  const given: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const text = settingText(name, environment);
    if (isWriteOnly(property)) requireNotEmpty(name, environment);
    if (text !== undefined) given[name] = typed(property, text);
  }
  const settings: unknown = Default(schema, given);
  const check = Compile<TSchema>(schema);
  if (check.Check(settings)) return settings as Static<S>;
  const problems = new Set(
    check.Errors(settings).map((error) => {
      const [, name] = error.instancePath.split("/");
      return name === undefined || name === "" ? error.message : `${name} ${error.message}`;
    }),
  );
  throw new ConfigurationError(`wrong settings: ${[...problems].join("; ")}`);
}

/** Converts a text to the integer or boolean that the schema asks for. Any other text stays as it is and fails the check. */
function typed(schema: TSchema, text: string): unknown {
  if (Type.IsInteger(schema) && /^-?\d+$/.test(text)) return Number(text);
  if (Type.IsBoolean(schema) && /^(true|1)$/i.test(text)) return true;
  if (Type.IsBoolean(schema) && /^(false|0)$/i.test(text)) return false;
  return text;
}

function settingText(name: string, environment: Environment): string | undefined {
  const file = environment[`${name}_FILE`];
  if (file !== undefined && file !== "") {
    const text = readSettingFile(name, file);
    // A lost secret must not count as one that is not required.
    if (text === "") throw new ConfigurationError(`the file that ${name}_FILE names is empty`);
    return text;
  }
  const text = environment[name];
  if (text === "") return undefined;
  if (text?.trim() === "") throw new ConfigurationError(`${name} consists of blanks alone`);
  return text;
}

function isWriteOnly(property: TSchema): boolean {
  return "writeOnly" in property && property.writeOnly === true;
}

function requireNotEmpty(name: string, environment: Environment): void {
  for (const variable of [name, `${name}_FILE`]) {
    if (environment[variable] !== "") continue;
    throw new ConfigurationError(
      `${variable} is set to an empty text: give it a value, or do not set it, since without it everybody who reaches the port is let in`,
    );
  }
}

function readSettingFile(name: string, file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new ConfigurationError(`the file that ${name}_FILE names cannot be read`, { cause: error });
  }
}
