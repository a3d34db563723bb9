import { spawnSync } from "node:child_process";
import { rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { RUN_SERVICES } from "@lethe/contracts/services";
import { below, pick, type Random } from "@lethe/sample-data/random";
import type { Cluster } from "../cluster/cluster.js";
import type { ServicePlace } from "../cluster/service-place.js";
import { tellRedis } from "../cluster/tell-redis.js";

/** What harms an installation for a moment, whatever else does at the time. Several may come at once. */
export interface Strike {
  readonly name: string;
  /** Resolves when it is over, with what it met. */
  readonly strike: (cluster: Cluster, random: Random) => Promise<string>;
}

/** Longer than a worker may hold a job without renewal in a drill (LETHE_LOCK_SECONDS, 3). */
const LONGER_THAN_A_LOCK_MS = 4_000;

/** The harms that need no round of their own. They stand beside those of `ALL_FAULTS`. */
export const STRIKES: readonly Strike[] = [
  {
    name: "SIGKILL of a process",
    strike: async (cluster, random) => onOnePlace(cluster, random, (place) => place.kill()),
  },
  {
    name: "SIGKILL of all processes of a service",
    async strike(cluster, random) {
      const name = pick(random, [...RUN_SERVICES, "scheduler"] as const);
      for (const place of cluster.places(name)) place.kill();
      return name;
    },
  },
  {
    name: "SIGTERM of a process",
    strike: async (cluster, random) => onOnePlace(cluster, random, (place) => place.signal("SIGTERM")),
  },
  {
    name: "SIGSTOP, SIGCONT after the lock's end",
    async strike(cluster, random) {
      const name = pick(random, [...RUN_SERVICES, "scheduler"] as const);
      const places = cluster.places(name);
      const stopped = places.slice(0, 1 + below(random, places.length));
      for (const place of stopped) place.signal("SIGSTOP");
      await setTimeout(LONGER_THAN_A_LOCK_MS + below(random, 8_000));
      for (const place of stopped) place.signal("SIGCONT");
      return `${stopped.length} of ${name}`;
    },
  },
  {
    name: "pg_terminate_backend of any",
    async strike(cluster, random) {
      const { rows } = await cluster.pool.query<{ name: string; query: string; ended: boolean }>(
        `select application_name as name, left(regexp_replace(query, '\\s+', ' ', 'g'), 40) as query, pg_terminate_backend(pid) as ended
         from (select * from pg_stat_activity
               where application_name like 'lethe-%' and application_name not like 'lethe-drills%'
               order by md5(pid || $2::text) limit $1) as chosen`,
        [1 + below(random, 6), below(random, 1_000_000)],
      );
      return rows.map(({ name, query }) => `${name}: ${query}`).join("; ");
    },
  },
  {
    name: "pg_terminate_backend of all",
    async strike(cluster) {
      const { rowCount } = await cluster.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name like 'lethe-%' and application_name not like 'lethe-drills%'`,
      );
      return `${rowCount} connections`;
    },
  },
  {
    name: "pg_terminate_backend of idle ones with a lock or LISTEN",
    async strike(cluster) {
      const { rows } = await cluster.pool.query<{ name: string }>(
        `select application_name as name, pg_terminate_backend(pid) from pg_stat_activity a
         where application_name like 'lethe-%' and application_name not like 'lethe-drills%' and state = 'idle'
           and (query ilike 'listen%' or exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'advisory'))`,
      );
      return rows.map(({ name }) => name).join(", ");
    },
  },
  {
    name: "CLIENT KILL of all of Redis' connections",
    strike: (cluster) =>
      tellRedis(cluster, async (redis) => `${await redis.call("CLIENT", "KILL", "TYPE", "normal")} connections`),
  },
  {
    name: "a full disk",
    async strike(cluster, random) {
      const ms = 1_000 + below(random, 6_000);
      await fillDisk(cluster);
      await setTimeout(ms);
      await emptyDisk(cluster);
      return `${ms} ms`;
    },
  },
];

const BALLAST = ".drill-ballast";

/** Leaves no byte of the disk of DATA_DIR, which must be one of its own. */
async function fillDisk(cluster: Cluster): Promise<void> {
  // Services free and take room meanwhile, so it takes a few attempts.
  for (let i = 0; i < 3; i++) {
    const { bavail, bsize } = await statfs(cluster.data);
    spawnSync("dd", [
      "if=/dev/zero",
      `of=${join(cluster.data, `${BALLAST}-${i}`)}`,
      "bs=64k",
      `count=${Math.ceil((bavail * bsize) / 65_536) + 1}`,
    ]);
  }
}

/** Frees the space that `fillDisk` took. */
export async function emptyDisk(cluster: Cluster): Promise<void> {
  for (let i = 0; i < 3; i++) await rm(join(cluster.data, `${BALLAST}-${i}`), { force: true });
}

async function onOnePlace(cluster: Cluster, random: Random, act: (place: ServicePlace) => void): Promise<string> {
  const places = cluster.places();
  const place = places[below(random, places.length)];
  if (place === undefined) return "none";
  act(place);
  return place.name;
}
