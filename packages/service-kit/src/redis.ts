import { Redis } from "ioredis";

const SILENCE_MS = 30_000;
const KEEP_ALIVE_MS = 10_000;

/**
 * Connects to Redis for BullMQ. A worker's blocking commands must outlast a lost connection, so no command ever times out
 * (`maxRetriesPerRequest: null`). Reconnection backs off to 5 s.
 */
export function connectRedis(redisUrl: string): Redis {
  const redis = new Redis(redisUrl, {
    maxRetriesPerRequest: null,
    // A connection that a device in between has dropped never answers. BullMQ waits for 10 s at the longest.
    socketTimeout: SILENCE_MS,
    keepAlive: KEEP_ALIVE_MS,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 5_000),
  });
  // Without a listener ioredis prints each failed attempt to connect. `/readyz` reports the connection's state.
  redis.on("error", () => undefined);
  return redis;
}
