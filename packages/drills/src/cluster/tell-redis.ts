import { Redis } from "ioredis";
import type { Cluster } from "./cluster.js";

/** Lends a connection to Redis past the proxy. */
export async function tellRedis<T>(cluster: Cluster, tell: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(cluster.servers.redis.directUrl);
  // The command at work fails, or is sent again when it is back.
  redis.on("error", () => undefined);
  try {
    return await tell(redis);
  } finally {
    redis.disconnect();
  }
}
