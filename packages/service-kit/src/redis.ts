import { Redis } from "ioredis";

/**
 * Connects to Redis for BullMQ. A worker's blocking commands must wait out a lost connection, so no command gives up
 * by itself (`maxRetriesPerRequest: null`); reconnection backs off to 5 s.
 */
export function connectRedis(redisUrl: string): Redis {
  const redis = new Redis(redisUrl, {
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 5_000),
  });
  // Without a listener every failed attempt would print; the connection's state shows in /readyz.
  redis.on("error", () => undefined);
  return redis;
}
