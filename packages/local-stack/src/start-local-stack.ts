import { access, constants, mkdir } from "node:fs/promises";
import path from "node:path";
import { ConfigurationError } from "@lethe/contracts/errors";
import { type Keeper, type MarkedFile, type ServerSpec, startKeeper } from "./keeper-process.js";
import { ensureDatabase, preparePostgres } from "./postgres-server.js";
import { identify } from "./process-identity.js";
import { ownerMark, type ProcessLock, takeLock } from "./process-lock.js";
import { prepareRedis, type RedisSource } from "./redis-server.js";

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
  /** Is told what was done, and in how many milliseconds. */
  readonly onStep?: (done: string, ms: number) => void;
  /** Is told that a server ended, or was asked to, by somebody else than this process. Unless given, that is a note. */
  readonly onFailure?: (problem: string) => void;
  /** What is to be removed at the end, whatever happens to this process. */
  readonly files?: readonly MarkedFile[];
}

/** The processes that work with a stack's servers, and what they leave behind. */
export interface Guests {
  readonly pids: readonly number[];
  /** Where they log: rotated as they grow. */
  readonly logs: readonly string[];
}

export interface LocalStack {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly postgres: "given" | "embedded";
  readonly redis: "given" | RedisSource;
  /**
   * Has the keeper look after processes that work with the servers: should this process die, it waits for them before it
   * stops the servers, and ends those that stay. Returns the keeper's process id; undefined where the stack has no keeper.
   */
  lookAfter(guests: Guests): Promise<number | undefined>;
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
  if (databaseUrl !== undefined && redisUrl !== undefined) return useGivenServers(options, databaseUrl, redisUrl);
  const directory = path.resolve(options.directory);
  await makeWritable(directory);
  const file = path.join(directory, "stack.lock");
  const lock = await takeLock(
    file,
    ({ pid }) =>
      new ConfigurationError(`process ${pid} already runs a stack in ${directory}. Stop it, or use another DATA_DIR.`),
  );
  try {
    const files = [...(options.files ?? []), { file, mark: ownerMark(lock.owner) }];
    return await startServers({ ...options, directory, files }, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** A keeper is there for the files alone, and for whoever works with the servers. */
async function useGivenServers(options: LocalStackOptions, databaseUrl: string, redisUrl: string): Promise<LocalStack> {
  const keeper = options.files === undefined ? undefined : await keeperOf(options);
  return {
    databaseUrl,
    redisUrl,
    postgres: "given",
    redis: "given",
    lookAfter: async (guests) => lookAfter(keeper, guests),
    stop: async () => keeper?.stop(),
  };
}

async function keeperOf({ onNote = () => {}, onFailure = onNote, files = [] }: LocalStackOptions): Promise<Keeper> {
  const keeper = await startKeeper(
    (name, reason) => onFailure(`${name} ended by itself (${reason})`),
    (who, how) => onFailure(`${who} was asked to stop by ${how}`),
  );
  keeper.order({ files });
  return keeper;
}

async function lookAfter(keeper: Keeper | undefined, { pids, logs }: Guests): Promise<number | undefined> {
  keeper?.order({ guests: await Promise.all(pids.map(identify)), logs });
  return keeper?.pid;
}

async function startServers(options: LocalStackOptions, lock: ProcessLock): Promise<LocalStack> {
  const { directory, throwaway = false, onNote = () => {}, onStep = () => {} } = options;
  // Both are ready to start before the first one does, so that a missing Redis costs no start of PostgreSQL.
  const redis =
    options.redisUrl !== undefined
      ? { source: "given" as const, redisUrl: options.redisUrl, spec: undefined }
      : await prepareRedis(directory, onNote);
  const postgres =
    options.databaseUrl !== undefined
      ? { source: "given" as const, databaseUrl: options.databaseUrl, spec: undefined }
      : { source: "embedded" as const, ...(await preparePostgres({ directory, durable: !throwaway, onNote, onStep })) };

  const keeper = await keeperOf(options);
  try {
    await lock.record(keeper.pid, []);
    const specs = [postgres.spec, redis.spec].filter((spec) => spec !== undefined);
    await lock.record(keeper.pid, await Promise.all(specs.map((spec) => startTimed(keeper, spec, onStep))));
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
    lookAfter: async (guests) => lookAfter(keeper, guests),
    stop: async () => {
      await keeper.stop();
      await lock.endChildren();
      await lock.release();
    },
  };
}

async function startTimed(
  keeper: Keeper,
  spec: ServerSpec,
  onStep: (done: string, ms: number) => void,
): Promise<number> {
  const startedAt = performance.now();
  const pid = await keeper.startServer(spec);
  onStep(`Started ${spec.name}`, performance.now() - startedAt);
  return pid;
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
