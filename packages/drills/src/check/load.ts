import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathsBelow } from "@lethe/test-kit/folders";
import type { Cluster } from "../cluster/cluster.js";
import { tellRedis } from "../cluster/tell-redis.js";
import { type Finding, wrong } from "./finding.js";

/** The resources that a cluster holds while it is idle. */
export interface Load {
  readonly databaseConnections: number;
  readonly redisConnections: number;
  /** Memory of the largest service. */
  readonly memoryBytes: number;
}

/** A pool may grow to its full size in a round that is busier than the first. A leak grows from round to round. */
const CONNECTIONS_MORE = 25;
const REDIS_CONNECTIONS_MORE = 6;
const MOST_MEMORY_BYTES = 300 * 1024 * 1024;
const FREED_WITHIN_MS = 10_000;

/** Measures what a cluster holds. */
export async function measureLoad(cluster: Cluster): Promise<Load> {
  const { rows } = await cluster.pool.query<{ n: number }>(
    "select count(*) as n from pg_stat_activity where application_name like 'lethe-%'",
  );
  const clients = await tellRedis(cluster, (redis) => redis.client("LIST") as Promise<string>);
  const memory = await Promise.all(cluster.places().map((place) => place.memory()));
  return {
    databaseConnections: rows[0]?.n ?? 0,
    redisConnections: clients.trim().split("\n").length,
    memoryBytes: Math.max(...memory),
  };
}

/** Finds what is not freed after the work: connections, memory, staged objects, half-written files. */
export async function findLeaks(cluster: Cluster, before: Load): Promise<Finding[]> {
  const deadline = performance.now() + FREED_WITHIN_MS;
  for (;;) {
    const findings = [...excess(before, await measureLoad(cluster)), ...(await leftovers(cluster.data))];
    if (findings.length === 0 || performance.now() > deadline) return findings;
    await setTimeout(250);
  }
}

function excess(before: Load, now: Load): Finding[] {
  const findings: Finding[] = [];
  if (now.databaseConnections > before.databaseConnections + CONNECTIONS_MORE) {
    findings.push(
      wrong(`${now.databaseConnections} connections to the database, ${before.databaseConnections} before`),
    );
  }
  if (now.redisConnections > before.redisConnections + REDIS_CONNECTIONS_MORE) {
    findings.push(wrong(`${now.redisConnections} connections to Redis, ${before.redisConnections} before`));
  }
  if (now.memoryBytes > MOST_MEMORY_BYTES) findings.push(wrong(`a service holds ${now.memoryBytes} bytes of memory`));
  return findings;
}

async function leftovers(data: string): Promise<Finding[]> {
  const staged = (await pathsBelow(join(data, "staging"))).filter((path) => !path.includes("/"));
  const halfWritten = (await pathsBelow(data)).filter((path) => path.endsWith(".tmp"));
  return [
    ...(staged.length > 0 ? [wrong(`staged objects of ${staged.length} runs are left`)] : []),
    ...halfWritten.map((path) => wrong(`half-written ${path}`)),
  ];
}
