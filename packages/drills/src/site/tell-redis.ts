import { Redis } from "ioredis";
import type { Site } from "./site.js";

/** Talks to Redis past the proxy. */
export async function tellRedis<T>(site: Site, tell: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(site.servers.redis.directUrl);
  try {
    return await tell(redis);
  } finally {
    redis.disconnect();
  }
}
