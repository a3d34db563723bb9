import { Redis } from "ioredis";
import { redisOptions } from "./redis-options.js";

/** Connects to Redis for BullMQ. */
export function connectRedis(redisUrl: string): Redis {
  const redis = new Redis(redisUrl, redisOptions());
  // Without a listener every failed attempt would print; the connection's state shows in /readyz.
  redis.on("error", () => undefined);
  return redis;
}
