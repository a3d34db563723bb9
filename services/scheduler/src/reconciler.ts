import type { Logger } from "@lethe/service-kit/logger";
import type { Redis } from "ioredis";
import { awaitRedis } from "./await-redis.js";

export interface Task {
  readonly name: string;
  run(): Promise<void>;
}

export interface Reconciler {
  /** Starts no more rounds, and waits up to `graceMs` for the current one, which may hang on a Redis that does not answer. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Runs the tasks now, every `everyMs` and after each reconnection to Redis, one round at a time. Returns after the first
 * round, or when that takes too long. A task that fails is logged and runs again in the next round; the others go on. `onDone`
 * is told of each that does not.
 */
export async function startReconciler(
  redis: Redis,
  log: Logger,
  everyMs: number,
  tasks: readonly Task[],
  onDone: (task: string) => void,
): Promise<Reconciler> {
  let round: Promise<void> | undefined;
  const doTasks = async () => {
    for (const task of tasks) {
      await task.run().then(
        () => onDone(task.name),
        (error: unknown) => log.warn({ error, task: task.name }, "a task of the reconciler failed"),
      );
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
