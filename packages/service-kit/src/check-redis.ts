import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { ConfigurationError, RedisUnavailableError } from "@lethe/contracts/errors";
import { Redis } from "ioredis";
import { type RedisAccess, type RedisAddress, readRedisAddress } from "./redis-address.js";
import { REDIS_CHECKS, type RedisFacts, type RedisFinding } from "./redis-checks.js";
import { explainRedisError, isRedisReply } from "./redis-errors.js";
import { probeRedis } from "./redis-probe.js";
import { withTimeout } from "./with-timeout.js";

/** What was found of a Redis, as sentences about it. */
export interface RedisReport {
  /** Product and version, such as `Valkey 8.1.1`; undefined where it did not say. */
  readonly server: string | undefined;
  /** Whether its user may ask for INFO; true, too, where it could not be asked. */
  readonly mayAskInfo: boolean;
  readonly findings: readonly RedisFinding[];
}

const ANSWER_MS = 5_000;

/**
 * Connects to Redis, asks what it is and tries what queues need. Waits for no longer than `timeoutMs`. Returns what was
 * found, also when nothing answers. Throws ConfigurationError for a REDIS_URL that cannot be read.
 */
export async function checkRedis(access: RedisAccess, prefix: string, timeoutMs = ANSWER_MS): Promise<RedisReport> {
  const address = readRedisAddress(access);
  let lastError: unknown;
  const redis = new Redis({
    ...address.options,
    lazyConnect: true,
    connectTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    disableClientInfo: true,
    retryStrategy: () => null,
  });
  redis.on("error", (error) => {
    lastError ??= error;
  });
  try {
    const late = () => {
      throw new Error("Redis did not answer in time");
    };
    const facts = await withTimeout(connectAndLook(redis, prefix, address.database), timeoutMs, late);
    return {
      server: serverOf(facts.info),
      mayAskInfo: facts.info !== undefined,
      findings: findingsOf(facts, address.place),
    };
  } catch (error) {
    const finding = findingOf((await isWrongAboutTls(address, error)) ?? lastError ?? error, address.place);
    return { server: undefined, mayAskInfo: true, findings: [finding] };
  } finally {
    redis.disconnect();
  }
}

async function connectAndLook(redis: Redis, prefix: string, database: number): Promise<RedisFacts> {
  await redis.connect();
  // ioredis does not wait for the answer to its own SELECT.
  if (database !== 0) await redis.select(database);
  return learnFacts(redis, prefix);
}

/**
 * Returns an error that says so when a server speaks TLS and was addressed without, or the reverse. One that does not understand
 * closes the connection, or waits for a line's end, and says nothing.
 */
async function isWrongAboutTls({ isEncrypted, options }: RedisAddress, error: unknown): Promise<Error | undefined> {
  const { host, port } = options;
  if (host === undefined || port === undefined || isRedisReply(error)) return undefined;
  const isOtherwise = await (isEncrypted ? speaksPlainly(host, port) : speaksTls(host, port));
  if (!isOtherwise) return undefined;
  return new Error(isEncrypted ? "wrong version number" : 'Protocol error, got "\\u0015"');
}

/** Without a password a Redis refuses a PING, and that is an answer, too. */
function speaksPlainly(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port }, () => socket.write("PING\r\n"));
  return happens(socket, "data", (data) => /^[+-]/.test(String(data)));
}

function speaksTls(host: string, port: number): Promise<boolean> {
  // Whom it belongs to is another question.
  return happens(connectTls({ host, port, rejectUnauthorized: false }), "secureConnect", () => true);
}

async function happens(socket: Socket, event: string, isIt: (data: unknown) => boolean): Promise<boolean> {
  const happened = new Promise<boolean>((resolve) => {
    socket.once(event, (data: unknown) => resolve(isIt(data)));
    socket.on("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
  try {
    return await withTimeout(happened, OTHER_ANSWER_MS, () => false);
  } finally {
    socket.destroy();
  }
}

const OTHER_ANSWER_MS = 1_000;

/**
 * Requires a Redis that a command can work with now. Returns what was found of it: warnings, if anything. Throws
 * ConfigurationError when it is set up in a way that Lethe cannot use, and RedisUnavailableError when it does not answer or
 * refuses writes.
 */
export async function requireRedis(access: RedisAccess, prefix: string): Promise<RedisReport> {
  const report = await checkRedis(access, prefix);
  const refused = report.findings.find(({ kind }) => kind === "refused");
  if (refused !== undefined) throw new ConfigurationError(refused.message);
  const waits = report.findings.find(({ kind }) => kind === "waits");
  if (waits !== undefined) throw new RedisUnavailableError(waits.code, waits.message);
  return report;
}

/** Asks a Redis that is connected what it is, and tries what queues need. */
export async function learnFacts(redis: Redis, prefix: string): Promise<RedisFacts> {
  const [info, snapshots, refused] = await Promise.all([
    readInfo(redis),
    readSnapshots(redis),
    probeRedis(redis, prefix),
  ]);
  return { info, snapshots, refused, prefix };
}

/** Returns what the checks find, with sentences that name the server. */
export function findingsOf(facts: RedisFacts, place: string): RedisFinding[] {
  return REDIS_CHECKS.flatMap((check) => {
    const finding = check.find(facts);
    return finding === undefined ? [] : [named(finding, place)];
  });
}

/** Returns the finding that an error stands for. */
export function findingOf(error: unknown, place: string): RedisFinding {
  const explanation = explainRedisError(error);
  if (explanation !== undefined) {
    const { code, passes, message } = explanation;
    return named({ code, kind: passes ? "waits" : "refused", message }, place);
  }
  const what = isRedisReply(error) ? "gives an answer that Lethe does not know" : "does not answer as a Redis does";
  return named(
    { code: "redis_no_redis", kind: "waits", message: `${what}: see that REDIS_URL names a Redis, and its own log` },
    place,
  );
}

function named(finding: RedisFinding, place: string): RedisFinding {
  return { ...finding, message: `Redis at ${place} (REDIS_URL) ${finding.message}` };
}

async function readInfo(redis: Redis): Promise<RedisFacts["info"]> {
  try {
    const text = await redis.info();
    const fields = text.split(/\r?\n/).map((line) => /^([^#:]+):(.*)$/.exec(line));
    return new Map(fields.flatMap((field) => (field === null ? [] : [[field[1] ?? "", field[2] ?? ""] as const])));
  } catch (error) {
    return undefinedIfForbidden(error);
  }
}

async function readSnapshots(redis: Redis): Promise<string | undefined> {
  try {
    const [, value] = (await redis.config("GET", "save")) as string[];
    return value;
  } catch (error) {
    return undefinedIfForbidden(error);
  }
}

/** A server that does not tell what it is can still be a good one: hosted ones rarely do. Throws what else went wrong. */
function undefinedIfForbidden(error: unknown): undefined {
  if (isRedisReply(error) && /NOPERM|no permissions|unknown command|not allowed/i.test(error.message)) return;
  throw error;
}

function serverOf(info: RedisFacts["info"]): string | undefined {
  if (info === undefined) return undefined;
  const valkey = info.get("valkey_version");
  if (valkey !== undefined) return `Valkey ${valkey}`;
  const version = info.get("redis_version");
  const name = info.get("server_name") === "valkey" ? "Valkey" : "Redis";
  return version === undefined ? undefined : `${name} ${version}`;
}
