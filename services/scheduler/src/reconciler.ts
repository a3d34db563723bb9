import type { Logger } from "@lethe/service-kit/logger";
import type { Redis } from "ioredis";
import { awaitRedis } from "./await-redis.js";

export interface Task {
  readonly name: string;
  run(): Promise<void>;
}

export interface Reconciler {
  /** Starts no round any more and waits for one at work, up to `graceMs`: it may hang on a Redis that does not answer. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Does the tasks now, every `everyMs`, and whenever Redis is connected again, one round at a time. Resolves after the
 * first round, or when that takes too long. A task that fails is logged, keeps no other waiting, and comes again.
 */
export async function startReconciler(
  redis: Redis,
  log: Logger,
  everyMs: number,
  tasks: readonly Task[],
): Promise<Reconciler> {
  let round: Promise<void> | undefined;
  const doTasks = async () => {
    for (const task of tasks) {
      await task.run().catch((error: unknown) => log.warn({ error, task: task.name }, "reconciler failed"));
    }
  };
  const next = () => {
    round ??= doTasks().finally(() => {
      round = undefined;
    });
    return round;
  };
  const onReady = () => void next();
  await awaitRedis(next());
  redis.on("ready", onReady);
  const timer = setInterval(onReady, everyMs);
  return {
    async stop(graceMs) {
      clearInterval(timer);
      redis.off("ready", onReady);
      if (round !== undefined) await awaitRedis(round, graceMs);
    },
  };
}
