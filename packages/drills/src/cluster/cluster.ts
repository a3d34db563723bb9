import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { SERVICE_NAMES, type ServiceName } from "@lethe/contracts/services";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { findFreePort } from "@lethe/local-stack/free-port";
import { serviceProgram } from "@lethe/service-kit/service-process";
import { migrate } from "@lethe/warehouse/migrate";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import { type Seam, seamOptions } from "../mutations/seam.js";
import { runCommand } from "./run-command.js";
import { type Servers, startServers } from "./servers.js";
import { openPlace, type ServicePlace } from "./service-place.js";

/** A whole installation to inject faults into: servers of its own, and services that are started again when they end. */
export interface Cluster {
  readonly servers: Servers;
  /** Connects to the database directly, past the proxy that faults use. */
  readonly pool: Pool;
  readonly prefix: string;
  /** DATA_DIR. */
  readonly data: string;
  readonly landing: string;
  /** The environment of services and commands. */
  readonly environment: Readonly<Record<string, string>>;
  /** Holds all of it: the servers' data, DATA_DIR and the services' logs. */
  readonly folder: string;
  /** Returns the places of a service, or all: as many for each service as the options say unless a drill has opened more. */
  places(name?: ServiceName): readonly ServicePlace[];
  /** Opens one more place of a service. It stays until `closeExtraPlaces`. */
  openExtraPlace(name: ServiceName): Promise<ServicePlace>;
  closeExtraPlaces(): Promise<void>;
  /** Calls the API until it answers with a status below 500, and returns that answer. */
  call(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Returns what `/readyz` of a service's first place says against it, by check; undefined while it does not answer. */
  reasons(name: ServiceName): Promise<Readonly<Record<string, string>> | undefined>;
  close(): Promise<void>;
}

/** Compiled files with hooks in front of them take long to load on a machine that is busy. */
const READY_MS = 300_000;
const FAULT_HOOK = new URL("../../fault-hook.mjs", import.meta.url).href;

/** Short times, so that a drill shows within seconds what takes a minute with the defaults. */
const DRILL_SETTINGS = {
  LETHE_LOCK_SECONDS: "3",
  LETHE_UPKEEP_SECONDS: "4",
  LETHE_BATCH_BYTES: "49152",
  LETHE_RATE_LIMIT: "0",
} as const;

export interface ClusterOptions {
  /** What is replaced in the services. With any, they run as compiled files; without, as bundles, as a user has them. */
  readonly seams: readonly Seam[];
  /** Leaves the folder, with data and logs, where it is when the cluster is closed. */
  readonly keep: boolean;
  /** Processes of each service; one unless given. */
  readonly instances?: number;
  /** Megabytes of a disk of its own for DATA_DIR, which a drill can fill; without, it lies beside the rest. Root alone can mount one. */
  readonly diskMegabytes?: number | undefined;
}

/** Starts servers in a temporary folder, migrates a database and starts the services. */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const { seams, keep, instances = 1, diskMegabytes } = options;
  const folder = await mkdtemp(join(tmpdir(), "lethe-drills-"));
  const serverFolder = join(folder, "servers");
  // The database's own user must be able to pass through.
  await chmod(folder, 0o755);
  await mkdir(serverFolder);
  const servers = await startServers(serverFolder);
  await migrate(servers.postgres.directUrl, createDatasets().database);
  const data = join(folder, "data");
  const logs = join(folder, "logs");
  await mkdir(data);
  if (diskMegabytes !== undefined) runCommand("mount", "-t", "tmpfs", "-o", `size=${diskMegabytes}m`, "tmpfs", data);
  await mkdir(join(data, "landing"));
  await mkdir(logs);
  const prefix = `drill-${randomBytes(4).toString("hex")}`;
  const environment = {
    DATABASE_URL: servers.postgres.url,
    REDIS_URL: servers.redis.url,
    DATA_DIR: data,
    LETHE_QUEUE_PREFIX: prefix,
    LETHE_PRIVACY_KEY: randomBytes(32).toString("hex"),
    LETHE_SIGNING_KEY: randomBytes(32).toString("hex"),
    LETHE_PORT: "0",
    LETHE_SCHEDULES: "on",
    LETHE_ALLOW_SUBMINUTE_SCHEDULES: "true",
    LETHE_SETTLE_SECONDS: "0",
    NODE_ENV: "test",
    ...DRILL_SETTINGS,
  };
  const pool = createPool(servers.postgres.directUrl, 4, "lethe-drills");
  // Only a drill that is about schedules lets them fire.
  await pool.query("update ledger.schedules set enabled = false");
  let extra = 0;
  const open = (name: ServiceName, log: string, healthPort = 0) =>
    openPlace({
      name,
      environment: { ...environment, LETHE_HEALTH_PORT: String(healthPort) },
      logFile: join(logs, `${log}.log`),
      program: serviceProgram(name, seams.length === 0 ? "bundle" : "dist"),
      readyMs: READY_MS,
      nodeOptions: ["--import", FAULT_HOOK, ...(seams.length === 0 ? [] : seamOptions(seams))],
    });
  const healthPorts = new Map<ServiceName, number>();
  for (const name of SERVICE_NAMES) healthPorts.set(name, await findFreePort());
  const places = SERVICE_NAMES.flatMap((name) =>
    Array.from({ length: instances }, (_, i) =>
      i === 0 ? open(name, name, healthPorts.get(name)) : open(name, `${name}-beside-${i}`),
    ),
  );
  const extraPlaces: ServicePlace[] = [];
  const all = () => [...places, ...extraPlaces];
  const cluster: Cluster = {
    servers,
    pool,
    prefix,
    data,
    environment,
    folder,
    landing: join(data, "landing"),
    places: (name) => all().filter((place) => name === undefined || place.name === name),
    async openExtraPlace(name) {
      extra += 1;
      const place = open(name, `${name}-${extra}`);
      extraPlaces.push(place);
      await place.ready;
      return place;
    },
    async closeExtraPlaces() {
      await Promise.all(extraPlaces.splice(0).map((place) => place.stop()));
    },
    call(method, path, body) {
      // Each attempt may go to another one: the first may be stopped.
      let attempts = 0;
      const findPlace = () => {
        const there = all().filter((place) => place.address() !== undefined);
        return there[attempts++ % Math.max(1, there.length)];
      };
      return callApi(findPlace, method, path, body);
    },
    async reasons(name) {
      const answer = await ask(`http://127.0.0.1:${healthPorts.get(name)}/readyz`, "GET", undefined);
      return (answer?.body as { reasons?: Record<string, string> } | undefined)?.reasons;
    },
    async close() {
      await Promise.all(all().map((place) => place.stop()));
      await servers.stop();
      // Bounded, because the pool may never let go of a client that tries to connect to the server, which is gone.
      await Promise.race([pool.end(), setTimeout(5_000)]);
      if (diskMegabytes !== undefined) {
        if (keep) runCommand("cp", "-a", data, `${data}.kept`);
        runCommand("umount", "--lazy", data);
      }
      if (!keep) await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await Promise.all(places.map((place) => place.ready));
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

const ANSWERS_WITHIN_MS = 10_000;
const AGAIN_MS = 100;

async function callApi(findPlace: () => ServicePlace | undefined, method: string, path: string, body: unknown) {
  for (;;) {
    const address = findPlace()?.address();
    const answer = address === undefined ? undefined : await ask(address + path, method, body);
    if (answer !== undefined && answer.status < 500) return answer;
    await setTimeout(AGAIN_MS);
  }
}

/** Returns undefined when there is no answer: the service may be down. */
async function ask(url: string, method: string, body: unknown) {
  try {
    const response = await fetch(url, {
      method,
      signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
      ...(body !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
  } catch {
    return undefined;
  }
}
