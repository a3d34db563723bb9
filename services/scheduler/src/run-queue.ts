import { type ActiveRun, enqueueFinish, enqueueReopened, enqueueRun, newRound } from "@lethe/service-kit/enqueue";
import type { Logger } from "@lethe/service-kit/logger";
import type { Queues } from "@lethe/service-kit/queues";
import { awaitRedis } from "./await-redis.js";

/**
 * Brings a run's work into the queues. The ledger has it already, so a Redis that does not answer delays the run and
 * fails nothing: the commands go out when it is back, and reconciliation adds what was lost.
 */
export interface RunQueue {
  start(runId: string): Promise<void>;
  resume(run: ActiveRun): Promise<void>;
  finish(runId: string): Promise<void>;
}

/** Creates the run queue on opened queues. */
export function createRunQueue(queues: Queues, log: Logger): RunQueue {
  async function enqueue(runId: string, work: Promise<unknown>): Promise<void> {
    const outcome = await awaitRedis(work);
    if (outcome !== "done") log.warn({ runId, error: outcome.error }, "enqueueing a run is left to reconciliation");
  }
  return {
    start: (runId) => enqueue(runId, enqueueRun(queues, runId)),
    resume: (run) => enqueue(run.runId, enqueueReopened(queues, run, newRound())),
    finish: (runId) => enqueue(runId, enqueueFinish(queues, runId)),
  };
}
