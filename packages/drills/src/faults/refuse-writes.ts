import { spawnSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { SERVICE_AREAS, SERVICE_NAMES, type ServiceName } from "@lethe/contracts/services";
import { type Finding, wrong } from "../check/finding.js";
import type { Cluster } from "../cluster/cluster.js";
import { tellRedis } from "../cluster/tell-redis.js";
import type { Fault } from "../fault.js";

/** Something that takes no writes for a while, and what `/readyz` of services must say meanwhile. */
interface Refusal {
  readonly name: string;
  readonly during?: "loads";
  readonly whyNot?: NonNullable<Fault["whyNot"]>;
  /** The check that fails, and with which reason. */
  readonly check: string;
  readonly reason: string;
  readonly services: readonly ServiceName[];
  start(cluster: Cluster): Promise<void>;
  end(cluster: Cluster): Promise<void>;
  /** Removes what `start` has made, when all has settled. */
  clear?(cluster: Cluster): Promise<void>;
}

/** A look that a service keeps is five seconds old at most, and the one after it takes some more. */
const NOTICED_MS = 12_000;
const AGAIN_MS = 200;
/** How long it lasts where nobody looks. */
const UNSEEN_MS = 6_000;

/** Returns the fault. It lasts until every service concerned says so, and all must say that they are ready when it is over. */
function refusal({ name, check, reason, services, start, end, clear, ...others }: Refusal): Fault {
  const findings = new WeakMap<Cluster, Finding[]>();
  return {
    name,
    ...others,
    async inject({ cluster, isAlone, untilInjectionPoint, note }) {
      const found: Finding[] = [];
      findings.set(cluster, found);
      // Before the work begins where a run could not reach an injection point.
      if (others.during === undefined) await untilInjectionPoint();
      await start(cluster);
      const startedAt = performance.now();
      for (const service of isAlone ? services : []) {
        const last = await untilReadiness(cluster, service, (reasons) => reasons[check] === reason);
        if (last === undefined) continue;
        found.push(wrong(`/readyz of the ${service} does not say ${reason}, but ${last}`));
        // Where nobody notices it must not last for longer than the retries of a job.
        break;
      }
      if (!isAlone) await setTimeout(UNSEEN_MS);
      note(`${reason} after ${Math.round(performance.now() - startedAt)} ms`);
      await end(cluster);
    },
    async conclude({ cluster }) {
      const found = findings.get(cluster) ?? [];
      for (const service of SERVICE_NAMES) {
        const last = await untilReadiness(cluster, service, (reasons) => Object.keys(reasons).length === 0);
        if (last !== undefined) found.push(wrong(`/readyz of the ${service} stays false when it is over: ${last}`));
      }
      await clear?.(cluster);
      return found;
    },
    async abandon({ cluster }) {
      await clear?.(cluster);
    },
  };
}

/** Waits until the reasons of a service are as wanted. Returns the last ones when they do not become so. */
async function untilReadiness(
  cluster: Cluster,
  service: ServiceName,
  isWanted: (reasons: Readonly<Record<string, string>>) => boolean,
): Promise<string | undefined> {
  const deadline = performance.now() + NOTICED_MS;
  for (;;) {
    const reasons = await cluster.reasons(service);
    if (reasons !== undefined && isWanted(reasons)) return undefined;
    if (performance.now() > deadline) return JSON.stringify(reasons ?? "nothing");
    await setTimeout(AGAIN_MS);
  }
}

/** Redis has reached its maxmemory and refuses what would take more. */
export const fullRedis = refusal({
  name: "Redis refuses writes: out of memory",
  check: "redis",
  reason: "redis_out_of_memory",
  services: SERVICE_NAMES,
  start: (cluster) => setInRedis(cluster, "maxmemory", 1),
  end: (cluster) => setInRedis(cluster, "maxmemory", 0),
});

/** Redis asks for replicas that it has not. */
export const lonelyRedis = refusal({
  name: "Redis refuses writes: too few replicas",
  check: "redis",
  reason: "redis_lacks_replicas",
  services: SERVICE_NAMES,
  start: (cluster) => setInRedis(cluster, "min-replicas-to-write", 1),
  end: (cluster) => setInRedis(cluster, "min-replicas-to-write", 0),
});

async function setInRedis(cluster: Cluster, name: string, value: number): Promise<void> {
  await tellRedis(cluster, (redis) => redis.config("SET", name, value));
}

/** PostgreSQL comes back as a standby, and later as the primary that it was. */
export const standbyPostgres = refusal({
  name: "PostgreSQL read-only: a standby",
  check: "database",
  reason: "database_standby",
  services: SERVICE_NAMES,
  async start(cluster) {
    await cluster.servers.postgres.kill();
    await writeFile(standbySignal(cluster), "");
    await cluster.servers.postgres.start();
  },
  async end(cluster) {
    await cluster.servers.postgres.kill();
    await rm(standbySignal(cluster));
    await cluster.servers.postgres.start();
  },
});

/** Returns the file whose presence makes a standby of a server that starts. */
export function standbySignal({ servers }: Cluster): string {
  return join(servers.postgresFolder, "standby.signal");
}

const QUIET_MS = 3_000;

/** Sessions of the server write nothing unless they ask to, which Lethe's do: the work goes on, and services are ready. */
export const hesitantPostgres: Fault = {
  name: "PostgreSQL read-only: by default_transaction_read_only",
  async inject({ cluster, untilInjectionPoint }) {
    await untilInjectionPoint();
    await cluster.pool.query("alter system set default_transaction_read_only = on");
    await cluster.pool.query("select pg_reload_conf()");
  },
  async conclude({ cluster }) {
    await setTimeout(QUIET_MS);
    const found: Finding[] = [];
    for (const service of SERVICE_NAMES) {
      const last = await untilReadiness(cluster, service, (reasons) => Object.keys(reasons).length === 0);
      if (last !== undefined) found.push(wrong(`the ${service} works, and its /readyz says ${last}`));
    }
    await cluster.pool.query("alter system reset default_transaction_read_only");
    await cluster.pool.query("select pg_reload_conf()");
    return found;
  },
};

/** The loader's role loses a right for a while. */
export const revokedRight = refusal({
  name: "a right is revoked and granted",
  check: "rights",
  reason: "database_rights",
  services: ["loader"],
  start: async (cluster) => void (await cluster.pool.query("revoke usage on schema ledger from lethe_loader")),
  end: async (cluster) => void (await cluster.pool.query("grant usage on schema ledger to lethe_loader")),
});

/** A disk of DATA_DIR is read-only for a while. */
export const readOnlyFolder = refusal({
  name: "a folder is read-only: staging",
  during: "loads",
  whyNot: async () => (process.getuid?.() === 0 ? undefined : "a disk can be mounted by root alone"),
  check: "folder",
  reason: "folder_read_only",
  services: SERVICE_NAMES.filter((service) => (SERVICE_AREAS[service] as readonly string[]).includes("staging")),
  async start(cluster) {
    const path = stagingOf(cluster);
    await mkdir(path, { recursive: true });
    run("mount", "-t", "tmpfs", "-o", "size=64m,ro", "tmpfs", path);
  },
  end: async (cluster) => run("mount", "-o", "remount,rw", stagingOf(cluster)),
  // Lazily, because services still have files open on it where work is stuck.
  clear: async (cluster) => run("umount", "--lazy", stagingOf(cluster)),
});

function stagingOf({ data }: Cluster): string {
  return join(data, "staging");
}

function run(command: string, ...args: string[]): void {
  const ended = spawnSync(command, args);
  if (ended.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${ended.stderr.toString()}`);
}
