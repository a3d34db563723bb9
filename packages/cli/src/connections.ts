import { ConfigurationError } from "@lethe/contracts/errors";
import type { InstallationStore } from "@lethe/contracts/installation";
import { requireRedis } from "@lethe/service-kit/check-redis";
import { foreignQueues, hasWorkers, installationInRedis } from "@lethe/service-kit/installation-in-redis";
import { openQueues, type Queues } from "@lethe/service-kit/queues";
import { connectRedis } from "@lethe/service-kit/redis";
import { readInstallation } from "@lethe/warehouse/installation";
import { requireStepsOfThisVersion } from "@lethe/warehouse/migrate";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import { requireDatabaseOfCommand } from "@lethe/warehouse/require-database";
import type { ConnectionSettings } from "./connection-settings.js";

export interface Connections {
  readonly pool: Pool;
  readonly queues: Queues;
}

// One for questions and one that listens.
const MAX_CONNECTIONS = 2;

/** Lends a pool of up to `connections` to `work` and closes it after. Throws what `requireDatabase` throws, and SchemaVersionError. */
export async function withDatabase<T>(
  databaseUrl: string,
  work: (pool: Pool) => Promise<T>,
  connections = MAX_CONNECTIONS,
): Promise<T> {
  await requireDatabaseOfCommand(databaseUrl);
  const pool = createPool(databaseUrl, connections, "lethe-cli");
  try {
    await requireStepsOfThisVersion(pool);
    return await work(pool);
  } finally {
    await pool.end();
  }
}

/**
 * Lends pool and queues to `work` and closes them after. Throws TransientError when the database does not answer,
 * RedisUnavailableError when Redis does not or takes no writes, and ConfigurationError when either is set up wrongly.
 */
export async function withConnections<T>(
  settings: ConnectionSettings,
  work: (connections: Connections) => Promise<T>,
): Promise<T> {
  // Asked first: the queues' connection waits for a lost server without an end, which is right in a service only.
  const { mayAskInfo } = await requireRedis(settings.redis, settings.queuePrefix);
  return withDatabase(settings.databaseUrl, async (pool) => {
    const redis = connectRedis(settings.redis, { mayAskInfo });
    const queues = openQueues(redis, settings.queuePrefix);
    try {
      await requireOwnQueues(pool, queues, installationInRedis(redis, settings.queuePrefix));
      return await work({ pool, queues });
    } finally {
      await queues.close();
      redis.disconnect();
    }
  });
}

/** Throws ConfigurationError when another installation's services are at work on the queues: they would take the jobs. */
async function requireOwnQueues(pool: Pool, queues: Queues, store: InstallationStore): Promise<void> {
  const [known, taken] = await Promise.all([readInstallation(pool), store.read()]);
  const areForeign = known !== undefined && taken !== undefined && known !== taken;
  if (areForeign && (await hasWorkers(queues))) throw new ConfigurationError(foreignQueues(store.name));
}
