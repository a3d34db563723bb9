import { access, constants, mkdir } from "node:fs/promises";
import path from "node:path";
import { ConfigurationError } from "@lethe/contracts/errors";
import { startKeeper } from "./keeper-process.js";
import { ensureDatabase, preparePostgres } from "./postgres-server.js";
import { prepareRedis, type RedisSource } from "./redis-server.js";
import { lockStack, type StackLock } from "./stack-lock.js";

export interface LocalStackOptions {
  /** Where the servers keep their data: made when missing, and what lies in it is used again. One stack at a time. */
  readonly directory: string;
  /** A PostgreSQL of the user's, which the caller has checked. */
  readonly databaseUrl?: string | undefined;
  /** A Redis of the user's, which the caller has checked. */
  readonly redisUrl?: string | undefined;
  /** True for tests: data need not survive a crash of the machine. */
  readonly throwaway?: boolean;
  /** Is told, in a sentence, what a person would want to know: a choice that was made, a server that ended. */
  readonly onNote?: (note: string) => void;
}

export interface LocalStack {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly postgres: "given" | "embedded";
  readonly redis: "given" | RedisSource;
  /** Stops the servers that this stack started and waits until they are gone. Data stays. */
  stop(): Promise<void>;
}

/**
 * Returns a PostgreSQL and a Redis that run on this machine's loopback address, on free ports, each behind a random
 * password. They stop with `stop()` and, whatever happens to this process, soon after it ends.
 *
 * Throws ConfigurationError when another process has a stack in the folder, or a server
 * cannot be found or started. Nothing stays running then.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { databaseUrl, redisUrl } = options;
  if (databaseUrl !== undefined && redisUrl !== undefined) {
    return { databaseUrl, redisUrl, postgres: "given", redis: "given", stop: async () => {} };
  }
  const directory = path.resolve(options.directory);
  await makeWritable(directory);
  const lock = await lockStack(directory);
  try {
    return await startServers({ ...options, directory }, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function startServers(options: LocalStackOptions, lock: StackLock): Promise<LocalStack> {
  const { directory, throwaway = false, onNote = () => {} } = options;
  // Both are ready to start before the first one does, so that a missing Redis costs no start of PostgreSQL.
  const redis =
    options.redisUrl !== undefined
      ? { source: "given" as const, redisUrl: options.redisUrl, spec: undefined }
      : await prepareRedis(directory, onNote);
  const postgres =
    options.databaseUrl !== undefined
      ? { source: "given" as const, databaseUrl: options.databaseUrl, spec: undefined }
      : { source: "embedded" as const, ...(await preparePostgres({ directory, durable: !throwaway, onNote })) };

  const keeper = await startKeeper((name, reason) => onNote(`${name} ended by itself (${reason})`));
  try {
    await lock.record(keeper.pid, []);
    const specs = [postgres.spec, redis.spec].filter((spec) => spec !== undefined);
    await lock.record(keeper.pid, await Promise.all(specs.map((spec) => keeper.startServer(spec))));
    if (postgres.source === "embedded") await ensureDatabase(postgres.databaseUrl);
  } catch (error) {
    await keeper.stop();
    throw error;
  }
  return {
    databaseUrl: postgres.databaseUrl,
    redisUrl: redis.redisUrl,
    postgres: postgres.source,
    redis: redis.source,
    stop: async () => {
      await keeper.stop();
      await lock.release();
    },
  };
}

async function makeWritable(directory: string): Promise<void> {
  try {
    // Passwords, and the database itself.
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await access(directory, constants.W_OK);
  } catch (error) {
    throw new ConfigurationError(`${directory} cannot be written by this user. Use another DATA_DIR.`, {
      cause: error,
    });
  }
}
