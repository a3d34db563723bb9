import type { CheckpointStore } from "@lethe/contracts/proof";
import { requireRedis } from "@lethe/service-kit/check-redis";
import { checkpointInRedis } from "@lethe/service-kit/checkpoint-in-redis";
import { connectRedis } from "@lethe/service-kit/redis";
import { safeError } from "@lethe/service-kit/safe-error";
import type { Environment } from "@lethe/service-kit/settings";
import { checkpointFile } from "@lethe/storage/checkpoint-file";
import { dataDirectory, redisSetting } from "./connection-settings.js";
import type { Terminal } from "./terminal.js";

/**
 * Lends to `work` the places outside the database that keep the newest checkpoint: the data folder, and Redis where there is
 * one. When Redis does not answer, a note says so, and the data folder stands alone.
 */
export async function withCheckpointStores<T>(
  environment: Environment,
  terminal: Pick<Terminal, "note">,
  work: (stores: readonly CheckpointStore[]) => Promise<T>,
): Promise<T> {
  const file = checkpointFile(dataDirectory(environment));
  const settings = await redisSetting(environment);
  if (settings === undefined) return work([file]);
  let mayAskInfo: boolean;
  try {
    ({ mayAskInfo } = await requireRedis(settings.redis, settings.queuePrefix));
  } catch (error) {
    terminal.note(`${safeError(error).message}. The checkpoint that it keeps was not compared with the database`);
    return work([file]);
  }
  const redis = connectRedis(settings.redis, { mayAskInfo });
  try {
    return await work([file, checkpointInRedis(redis, settings.queuePrefix)]);
  } finally {
    redis.disconnect();
  }
}
