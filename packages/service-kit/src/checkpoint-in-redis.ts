import type { CheckpointStore } from "@lethe/contracts/proof";
import { readCheckpoint } from "@lethe/contracts/read-proof";
import type { Redis } from "ioredis";

/** Returns the store that keeps the newest checkpoint in Redis, under the queues' prefix. It names nobody. */
export function checkpointInRedis(redis: Redis, prefix: string): CheckpointStore {
  const key = `${prefix}:newest-checkpoint`;
  return {
    name: "Redis",
    async read() {
      const text = await redis.get(key);
      return text === null ? undefined : readCheckpoint(text);
    },
    async write(checkpoint) {
      await redis.set(key, JSON.stringify(checkpoint));
    },
  };
}
