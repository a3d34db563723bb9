import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cloneDatabase } from "@lethe/local-stack/test-database";
import { openQueues, type Queues } from "@lethe/service-kit/queues";
import { connectRedis } from "@lethe/service-kit/redis";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import type { Redis } from "ioredis";
import { inject } from "vitest";
import { filesBelow } from "./folders.js";
import { type ProgramResult, runLethe } from "./program.js";
import { SERVICE_NAMES, type ServiceName, type ServiceProcess, startService } from "./service-process.js";

/** Everything that one test file has for itself: a database, a queue prefix, a data folder, a privacy key, services. */
export interface World {
  readonly pool: Pool;
  readonly redis: Redis;
  readonly queues: Queues;
  readonly prefix: string;
  /** DATA_DIR. */
  readonly data: string;
  readonly landing: string;
  readonly archived: string;
  readonly quarantined: string;
  readonly processed: string;
  readonly staging: string;
  /** The settings of services and command. */
  readonly environment: Readonly<Record<string, string>>;
  readonly running: ReadonlySet<ServiceProcess>;
  /** Starts a service with settings of its own; `program` takes its place where a test needs one that does more. */
  start(name: ServiceName, settings?: Readonly<Record<string, string>>, program?: string): Promise<ServiceProcess>;
  /** Stops a service and requires that it ends well. */
  stop(service: ServiceProcess): Promise<void>;
  /** Ends a service as a crash would. */
  kill(service: ServiceProcess): Promise<void>;
  lethe(...args: string[]): Promise<ProgramResult>;
  /** Calls the scheduler's API; returns status and body. */
  api(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Deletes every key of the prefix, as a Redis that lost its memory would. */
  flush(): Promise<void>;
  /** All that services of this world wrote, those that have ended among them. */
  logs(): Promise<string>;
  /** Stops and removes everything; throws when something is left. */
  close(): Promise<void>;
}

export interface WorldOptions {
  /** Default: all four. */
  readonly services?: readonly ServiceName[];
  /** Settings that differ from the services' defaults. */
  readonly settings?: Readonly<Record<string, string>>;
}

// An hour and a quarter off a whole one, and a day ahead of UTC: whoever takes the machine's zone for UTC is found out.
const FAR_ZONE = "Pacific/Chatham";

/** Creates a world and starts its services. */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const database = await cloneDatabase(inject("template"));
  const redisUrl = inject("redisUrl");
  const prefix = `e2e-${randomBytes(6).toString("hex")}`;
  const data = await mkdtemp(join(tmpdir(), `lethe-${prefix}-`));
  const landing = join(data, "landing");
  const logFolder = join(data, "logs");
  await Promise.all([mkdir(landing), mkdir(logFolder)]);
  const pool = createPool(database.url, 4, "lethe-e2e");
  const redis = connectRedis(redisUrl);
  const queues = openQueues(redis, prefix);
  const environment = {
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl,
    DATA_DIR: data,
    LETHE_QUEUE_PREFIX: prefix,
    LETHE_PRIVACY_KEY: randomBytes(32).toString("hex"),
    LETHE_LOG_LEVEL: "debug",
    LETHE_PORT: "0",
    LETHE_SCHEDULES: "off",
    NODE_ENV: "test",
    TZ: FAR_ZONE,
    ...options.settings,
  };
  const running = new Set<ServiceProcess>();
  const everyLog: (() => Promise<string>)[] = [];
  const everyPid: number[] = [];

  const world: World = {
    pool,
    redis,
    queues,
    prefix,
    data,
    landing,
    archived: join(data, "archived_data"),
    quarantined: join(data, "quarantined_data"),
    processed: join(data, "processed_data"),
    staging: join(data, "staging"),
    environment,
    running,
    async start(name, settings = {}, program) {
      const logFile = join(logFolder, `${name}-${everyPid.length + 1}-${randomBytes(3).toString("hex")}.log`);
      const service = await startService(name, { ...environment, ...settings }, logFile, program);
      running.add(service);
      everyLog.push(service.log);
      everyPid.push(service.pid);
      return service;
    },
    async stop(service) {
      running.delete(service);
      const code = await service.stop();
      if (code !== 0) throw new Error(`${service.name} stopped with exit code ${code}:\n${await service.log()}`);
    },
    async kill(service) {
      running.delete(service);
      await service.kill();
    },
    lethe: (...args) => runLethe(args, environment),
    async api(method, path, body) {
      const address = [...running].find((service) => service.address !== null)?.address;
      if (address === undefined || address === null) throw new Error("no scheduler runs in this world");
      const response = await fetch(
        address + path,
        body === undefined
          ? { method }
          : { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
      );
      const text = await response.text();
      return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
    },
    async flush() {
      // In one step, as FLUSHALL: no key of a moment later may be left over from what is gone.
      const script = "for _, key in ipairs(redis.call('keys', ARGV[1])) do redis.call('del', key) end";
      await redis.eval(script, 0, `${prefix}:*`);
    },
    logs: async () => (await Promise.all(everyLog.map((read) => read()))).join("\n"),
    async close() {
      const leaks: string[] = [];
      const stops = await Promise.allSettled([...running].map((service) => world.stop(service)));
      for (const stop of stops) if (stop.status === "rejected") leaks.push(String(stop.reason));
      leaks.push(...(await findLeaks(world, everyPid)));
      await queues.close();
      await deleteKeys(redis, prefix);
      if ((await keysOf(redis, prefix)).length > 0) leaks.push(`somebody still writes keys of ${prefix}`);
      redis.disconnect();
      // Dropped first: a connection that a failed test still waits on would keep the pool from its end.
      await database.drop();
      await pool.end();
      await rm(data, { recursive: true, force: true });
      if (leaks.length > 0) throw new Error(`left behind:\n${leaks.join("\n")}`);
    },
  };
  try {
    await Promise.all((options.services ?? SERVICE_NAMES).map((name) => world.start(name)));
  } catch (error) {
    await world.close();
    throw error;
  }
  return world;
}

/** Finds what services should not leave: processes, staged batches of runs that succeeded, half-written files. */
async function findLeaks(world: World, pids: readonly number[]): Promise<string[]> {
  const leaks = pids.filter(isAlive).map((pid) => `process ${pid}`);
  for (const { runId } of await readActiveRuns(world.pool)) leaks.push(`open run ${runId}`);
  const { rows } = await world.pool.query<{ id: string }>(
    "select id::text from ledger.runs where state in ('failed', 'cancelled')",
  );
  for (const path of (await filesBelow(world.staging)).keys()) {
    if (!rows.some(({ id }) => path.startsWith(`${id}/`))) leaks.push(`staged ${path}`);
  }
  for (const path of (await filesBelow(world.data)).keys())
    if (path.endsWith(".tmp")) leaks.push(`half-written ${path}`);
  return leaks;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Returns every key of a prefix. */
export async function keysOf(redis: Redis, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of redis.scanStream({ match: `${prefix}:*`, count: 1_000 })) keys.push(...(page as string[]));
  return keys;
}

async function deleteKeys(redis: Redis, prefix: string): Promise<void> {
  const keys = await keysOf(redis, prefix);
  if (keys.length > 0) await redis.del(keys);
}
