import { randomBytes } from "node:crypto";
import { openQueues, type Queues } from "@lethe/service-kit/queues";
import { connectRedis } from "@lethe/service-kit/redis";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import type { Redis } from "ioredis";
import { inject } from "vitest";
import { cloneDatabase, createDatabase, type TestDatabase } from "./test-database.js";

/** A database and a queue prefix that one test file has for itself, with connections to both. */
export interface TestPlace {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly prefix: string;
  readonly pool: Pool;
  readonly redis: Redis;
  readonly queues: Queues;
  /** Deletes every key of the prefix in one step, as a Redis that lost its memory would. */
  flush(): Promise<void>;
  /** Closes the connections and removes database and keys. Throws when somebody still writes keys. */
  close(): Promise<void>;
}

export interface TestPlaceOptions {
  /** Whether its database has no table yet; otherwise it is migrated. */
  readonly empty?: boolean;
  /** A database to use, and to drop in the end. */
  readonly database?: TestDatabase | undefined;
}

/** Creates a place on the servers of the global setup. */
export async function openTestPlace({ empty = false, database: given }: TestPlaceOptions = {}): Promise<TestPlace> {
  const database = given ?? (await (empty ? createDatabase(inject("databaseUrl")) : cloneDatabase(inject("template"))));
  const redisUrl = inject("redisUrl");
  const prefix = `test-${randomBytes(6).toString("hex")}`;
  const pool = createPool(database.url, 4, "lethe-tests");
  const redis = connectRedis(redisUrl);
  const queues = openQueues(redis, prefix);
  async function flush(): Promise<void> {
    // In one step, as FLUSHALL: no key of a moment later may be left over from what is gone.
    const script = "for _, key in ipairs(redis.call('keys', ARGV[1])) do redis.call('del', key) end";
    await redis.eval(script, 0, `${prefix}:*`);
  }
  return {
    databaseUrl: database.url,
    redisUrl,
    prefix,
    pool,
    redis,
    queues,
    flush,
    async close() {
      await queues.close();
      await flush();
      const left = await keysOf(redis, prefix);
      redis.disconnect();
      // Dropped first: a connection that a failed test still waits on would keep the pool from its end.
      await database.drop();
      await pool.end();
      if (left.length > 0) throw new Error(`somebody still writes keys of ${prefix}`);
    },
  };
}

/** Returns every key of a prefix. */
export async function keysOf(redis: Redis, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of redis.scanStream({ match: `${prefix}:*`, count: 1_000 })) keys.push(...(page as string[]));
  return keys;
}
