import type { RunKind } from "@lethe/contracts/runs";
import { type ActiveRun, enqueueFinish, enqueueReopened, enqueueRun, newRound } from "@lethe/service-kit/enqueue";
import type { Logger } from "@lethe/service-kit/logger";
import type { Queues } from "@lethe/service-kit/queues";
import { awaitRedis } from "./await-redis.js";

/**
 * Enqueues the work of runs that the ledger has. A Redis that does not answer delays a run and fails nothing: the commands
 * are sent when it is back, and the reconciler enqueues what was lost.
 */
export interface RunQueue {
  start(runId: string, kind: RunKind): Promise<void>;
  resume(run: ActiveRun): Promise<void>;
  finish(runId: string): Promise<void>;
}

/** Creates a run queue on open queues. */
export function createRunQueue(queues: Queues, log: Logger): RunQueue {
  async function enqueue(runId: string, work: Promise<unknown>): Promise<void> {
    const outcome = await awaitRedis(work);
    if (outcome !== "done")
      log.warn({ runId, error: outcome.error }, "the run could not be enqueued; the reconciler will enqueue it");
  }
  return {
    start: (runId, kind) => enqueue(runId, enqueueRun(queues, runId, kind)),
    resume: (run) => enqueue(run.runId, enqueueReopened(queues, run, newRound())),
    finish: (runId) => enqueue(runId, enqueueFinish(queues, runId)),
  };
}
