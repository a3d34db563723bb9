import { Redis } from "ioredis";
import { type RedisAccess, readRedisAddress } from "./redis-address.js";
import { redisOptions } from "./redis-options.js";

export interface RedisConnectionOptions {
  /** False where the server's user may not ask for INFO: then nothing asks, and nothing complains. */
  readonly mayAskInfo?: boolean;
}

/**
 * Connects to Redis for BullMQ. Takes a URL, or that with certificates. Throws ConfigurationError, which never shows it, for a
 * URL that cannot be read. It does not wait for the server, and never gives up.
 */
export function connectRedis(access: string | RedisAccess, { mayAskInfo = true }: RedisConnectionOptions = {}): Redis {
  const address = readRedisAddress(typeof access === "string" ? { url: access } : access);
  const redis = new Redis({
    ...address.options,
    ...redisOptions(),
    // Hosted servers forbid it often, and it is only for the server's list of clients.
    disableClientInfo: true,
    // The second is BullMQ's own option, which it looks for here.
    ...(!mayAskInfo && { enableReadyCheck: false, skipVersionCheck: true }),
  });
  // Without a listener ioredis prints each failed attempt to connect. `/readyz` reports the connection's state.
  redis.on("error", () => undefined);
  return redis;
}
