import type { RedisOptions } from "ioredis";

/** The options that decide what happens when a connection is lost. */
type ConnectionOptions = Pick<RedisOptions, "maxRetriesPerRequest" | "socketTimeout" | "keepAlive" | "retryStrategy">;

const SILENCE_MS = 30_000;
const KEEP_ALIVE_MS = 10_000;

/**
 * Returns the options of every connection to Redis. A worker's blocking commands must outlast a lost connection, so no command
 * ever times out (`maxRetriesPerRequest: null`). Reconnection backs off to 5 s.
 */
export function redisOptions(): ConnectionOptions {
  return {
    maxRetriesPerRequest: null,
    // A connection that a device in between has dropped never answers. BullMQ waits for 10 s at the longest.
    socketTimeout: SILENCE_MS,
    keepAlive: KEEP_ALIVE_MS,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 5_000),
  };
}
