import { Redis } from "ioredis";

const SILENCE_MS = 30_000;
const KEEP_ALIVE_MS = 10_000;

/**
 * Connects to Redis for BullMQ. A worker's blocking commands must wait out a lost connection, so no command gives up
 * by itself (`maxRetriesPerRequest: null`); reconnection backs off to 5 s.
 */
export function connectRedis(redisUrl: string): Redis {
  const redis = new Redis(redisUrl, {
    maxRetriesPerRequest: null,
    // A connection that something on the way has forgotten answers nothing, for ever. BullMQ's longest wait is 10 s.
    socketTimeout: SILENCE_MS,
    keepAlive: KEEP_ALIVE_MS,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 5_000),
  });
  // Without a listener every failed attempt would print; the connection's state shows in /readyz.
  redis.on("error", () => undefined);
  return redis;
}
