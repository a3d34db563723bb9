import type { RedisOptions } from "ioredis";

/** The part of the options that decides what becomes of a connection that is lost. */
type ConnectionOptions = Pick<RedisOptions, "maxRetriesPerRequest" | "socketTimeout" | "keepAlive" | "retryStrategy">;

const SILENCE_MS = 30_000;
const KEEP_ALIVE_MS = 10_000;

/**
 * Returns the options of every connection to Redis. A worker's blocking commands must wait out a lost connection, so no
 * command gives up by itself (`maxRetriesPerRequest: null`); reconnection backs off to 5 s.
 */
export function redisOptions(): ConnectionOptions {
  return {
    maxRetriesPerRequest: null,
    // A connection that something on the way has forgotten answers nothing, for ever. BullMQ's longest wait is 10 s.
    socketTimeout: SILENCE_MS,
    keepAlive: KEEP_ALIVE_MS,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 5_000),
  };
}
