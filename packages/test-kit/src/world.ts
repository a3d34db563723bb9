import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SERVICE_NAMES, type ServiceName } from "@lethe/contracts/services";
import { startServiceProcess } from "@lethe/service-kit/service-process";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { filesBelow } from "./folders.js";
import { type ProgramResult, runLethe } from "./program.js";
import { fromRepository } from "./repository.js";
import type { TestDatabase } from "./test-database.js";
import { openTestPlace, type TestPlace } from "./test-place.js";

/** A service that runs as a process of its own, and was ready. */
export interface RunningService {
  readonly name: ServiceName;
  readonly pid: number;
  /** Where its API listens; null for one without. */
  readonly address: string | null;
  /** All that it has written so far. */
  log(): Promise<string>;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<unknown>;
  /** Asks it to stop and returns its exit code; null when a signal ended it. */
  stop(): Promise<number | null>;
  /** Ends it on the spot, as a crash would. */
  kill(): Promise<void>;
}

/** Everything that one test file has for itself: a database, a queue prefix, a data folder, a privacy key, services. */
export interface World extends TestPlace {
  /** DATA_DIR. */
  readonly data: string;
  readonly landing: string;
  readonly archived: string;
  readonly quarantined: string;
  readonly processed: string;
  readonly staging: string;
  /** The settings of services and command. */
  readonly environment: Readonly<Record<string, string>>;
  readonly running: ReadonlySet<RunningService>;
  /** Starts a service with settings of its own; `program` takes its place where a test needs one that does more. */
  start(name: ServiceName, settings?: Readonly<Record<string, string>>, program?: string): Promise<RunningService>;
  /** Stops a service and requires that it ends well. */
  stop(service: RunningService): Promise<void>;
  /** Ends a service as a crash would. */
  kill(service: RunningService): Promise<void>;
  lethe(...args: string[]): Promise<ProgramResult>;
  /** Returns where the API of the first scheduler listens; throws where none runs. */
  apiAddress(): string;
  /** Calls the scheduler's API; returns status and body. */
  api(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  /** All that services of this world wrote, those that have ended among them. */
  logs(): Promise<string>;
  /** Stops and removes everything; throws when something is left. */
  close(): Promise<void>;
}

export interface WorldOptions {
  /** Default: all four. */
  readonly services?: readonly ServiceName[];
  /** Its database, which it drops in the end; a migrated one unless given. */
  readonly database?: TestDatabase;
  /** Settings that differ from the services' defaults. */
  readonly settings?: Readonly<Record<string, string>>;
}

// An hour and a quarter off a whole one, and a day ahead of UTC: whoever takes the machine's zone for UTC is found out.
const FAR_ZONE = "Pacific/Chatham";

/** Settings of a world whose input is faulty on purpose, and whose runs end as `succeeded` all the same. */
export const NO_THRESHOLDS = { LETHE_CHECKS_FILE: fromRepository("tests/fixtures/no-thresholds.yaml") } as const;

/** Creates a world and starts its services. */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const place = await openTestPlace({ database: options.database });
  const { prefix } = place;
  const data = await mkdtemp(join(tmpdir(), `lethe-${prefix}-`));
  const landing = join(data, "landing");
  const logFolder = join(data, "logs");
  await Promise.all([mkdir(landing), mkdir(logFolder)]);
  const environment = {
    DATABASE_URL: place.databaseUrl,
    REDIS_URL: place.redisUrl,
    DATA_DIR: data,
    LETHE_QUEUE_PREFIX: prefix,
    LETHE_PRIVACY_KEY: randomBytes(32).toString("hex"),
    LETHE_SIGNING_KEY: randomBytes(32).toString("hex"),
    LETHE_LOG_LEVEL: "debug",
    LETHE_PORT: "0",
    LETHE_SCHEDULES: "off",
    LETHE_SETTLE_SECONDS: "0",
    NODE_ENV: "test",
    TZ: FAR_ZONE,
    ...options.settings,
  };
  const running = new Set<RunningService>();
  const everyLog: (() => Promise<string>)[] = [];
  const everyPid: number[] = [];

  const world: World = {
    ...place,
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
      const process = startServiceProcess({
        name,
        environment: { ...environment, ...settings },
        logFile,
        ...(program !== undefined && { program: fromRepository(program) }),
      });
      const { stop, kill, ended } = process;
      const log = () => readFile(logFile, "utf8");
      const address = await process.ready.catch(async (error: unknown) => {
        await kill();
        throw error;
      });
      const service: RunningService = { name, pid: process.child.pid ?? 0, address, log, ended, stop, kill };
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
    apiAddress() {
      const address = [...running].find((service) => service.address !== null)?.address;
      if (address === undefined || address === null) throw new Error("no scheduler runs in this world");
      return address;
    },
    async api(method, path, body) {
      const response = await fetch(
        world.apiAddress() + path,
        body === undefined
          ? { method }
          : { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
      );
      const text = await response.text();
      return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
    },
    logs: async () => (await Promise.all(everyLog.map((read) => read()))).join("\n"),
    async close() {
      const leaks: string[] = [];
      const stops = await Promise.allSettled([...running].map((service) => world.stop(service)));
      for (const stop of stops) if (stop.status === "rejected") leaks.push(String(stop.reason));
      leaks.push(...(await findLeaks(world, everyPid)));
      await place.close().catch((error: unknown) => leaks.push(String(error)));
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
