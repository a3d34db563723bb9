import { ConfigurationError } from "@lethe/contracts/errors";
import type { InstallationStore } from "@lethe/contracts/installation";
import { SERVICE_JOBS } from "@lethe/contracts/services";
import type { Redis } from "ioredis";
import type { Logger } from "./logger.js";
import type { Queues } from "./queues.js";
import { isRedisReply } from "./redis-errors.js";
import { withTimeout } from "./with-timeout.js";

/** Returns the store that names the installation in Redis, under the queues' prefix. */
export function installationInRedis(redis: Redis, prefix: string): InstallationStore {
  const key = `${prefix}:installation`;
  return {
    name: `Redis under the prefix ${prefix} (LETHE_QUEUE_PREFIX)`,
    read: async () => (await redis.get(key)) ?? undefined,
    async create(id) {
      await redis.set(key, id, "NX");
      return (await redis.get(key)) ?? id;
    },
    async replace(id) {
      await redis.set(key, id);
    },
  };
}

const ANSWER_MS = 3_000;

/**
 * Requires that the queues are this installation's, and makes them so when no service is at work on them: Redis is transport, and
 * what another installation left there concerns nobody. Throws ConfigurationError when services of another one are at work.
 * A Redis that does not answer in time is asked again when it is back, and the log says what it finds then.
 */
export async function takeQueues(redis: Redis, queues: Queues, installation: string, log: Logger): Promise<void> {
  const store = installationInRedis(redis, queues.prefix);
  // Redis may have lost its memory.
  redis.on("ready", () => {
    take(store, queues, installation, log).catch((error: unknown) =>
      log.error({ error }, "the queues could not be taken for this installation"),
    );
  });
  await withTimeout(take(store, queues, installation, log), ANSWER_MS, () => undefined).catch((error: unknown) => {
    if (!isRedisReply(error)) throw error;
  });
}

async function take(store: InstallationStore, queues: Queues, installation: string, log: Logger): Promise<void> {
  const found = await store.create(installation);
  if (found === installation) return;
  // Whoever is at work has taken the queues before, which may have been a moment ago.
  if (await hasWorkers(queues)) {
    if ((await store.read()) === installation) return;
    throw new ConfigurationError(foreignQueues(store.name));
  }
  log.warn("no service was at work on what another installation has in these queues; they are this one's now");
  await store.replace(installation);
}

/** Returns the error text for queues that belong to another installation. */
export function foreignQueues(name: string): string {
  return (
    `${name} is in use by another installation, with another database: its services would take this one's jobs. ` +
    "Give each a LETHE_QUEUE_PREFIX of its own, or a database of its own in REDIS_URL; if they are meant to be one, set DATABASE_URL and DATA_DIR to the same for all services"
  );
}

/** Reports whether a service is at work on the queues; true, too, where Redis does not let its user ask. */
export async function hasWorkers(queues: Queues): Promise<boolean> {
  const jobs = Object.values(SERVICE_JOBS).flat();
  try {
    const workers = await Promise.all(jobs.map((job) => queues.byJob[job].getWorkersCount()));
    return workers.some((count) => count > 0);
  } catch (error) {
    // A hosted Redis may forbid to ask who is connected.
    if (isRedisReply(error)) return true;
    throw error;
  }
}
