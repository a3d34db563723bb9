import { Redis } from "ioredis";
import { redisOptions } from "./redis-options.js";

/** Connects to Redis for BullMQ. */
export function connectRedis(redisUrl: string): Redis {
  const redis = new Redis(redisUrl, redisOptions());
  // Without a listener ioredis prints each failed attempt to connect. `/readyz` reports the connection's state.
  redis.on("error", () => undefined);
  return redis;
}
