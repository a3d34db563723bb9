import { InvalidInputError } from "@lethe/contracts/errors";
import { JOB_SCHEMAS, type JobName, type JobPayload, type JobResult } from "@lethe/contracts/jobs";
import { UnrecoverableError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { Compile } from "typebox/compile";
import type { Logger } from "./logger.js";
import type { JobMetrics } from "./metrics.js";
import { type SafeError, safeError } from "./safe-error.js";

export interface JobHandler<N extends JobName> {
  /** Does the job. An error's class decides on another try: see `LetheError.retryable`. */
  handle(payload: JobPayload<N>, log: Logger): Promise<JobResult<N>>;
  /** Called once when the job has failed for good, to write that into the ledger. */
  giveUp?(payload: JobPayload<N>, error: SafeError): Promise<void>;
}

export interface WorkerContext {
  readonly redis: Redis;
  readonly prefix: string;
  readonly log: Logger;
  readonly metrics: JobMetrics;
}

export interface RunningWorker {
  /** Lets jobs at work end, up to `graceMs`; then lets go, so that another worker takes them up again. */
  stop(graceMs: number): Promise<void>;
}

/**
 * How often a job may lose its worker before it fails. A process that is killed while it works is an accident of the
 * machine more often than the job's doing, and with BullMQ's own 1 the second such accident would end a run.
 */
const MAX_STALLED_COUNT = 10;

/** Starts a worker for one job's queue. `concurrency` is the number of jobs that it works on at once. */
export function startWorker<N extends JobName>(
  context: WorkerContext,
  name: N,
  concurrency: number,
  handler: JobHandler<N>,
): RunningWorker {
  const check = Compile(JOB_SCHEMAS[name].payload);
  const log = context.log.child({ job: name });
  async function giveUp(payload: JobPayload<N>, error: SafeError) {
    log.error({ ...references(payload), error }, "job gave up");
    try {
      await handler.giveUp?.(payload, error);
    } catch (failure) {
      log.error({ ...references(payload), error: failure }, "could not write into the ledger that the job gave up");
    }
  }
  const worker = new Worker<JobPayload<N>, JobResult<N>, N>(
    name,
    async (job) => {
      const stopTimer = context.metrics.startTimer(name);
      const jobLog = log.child({ ...references(job.data), attempt: job.attemptsMade + 1 });
      try {
        if (!check.Check(job.data)) throw new InvalidInputError("the payload is not of the job's schema");
        const result = await handler.handle(job.data, jobLog);
        stopTimer("done");
        return result;
      } catch (error) {
        const safe = safeError(error);
        stopTimer("failed");
        jobLog.warn({ error }, "job failed");
        const isLast = !safe.retryable || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
        // Before BullMQ hears of it, so that a job which waits for this one already finds it in the ledger.
        if (isLast) await giveUp(job.data, safe);
        throw toQueueError(safe);
      }
    },
    { connection: context.redis, prefix: context.prefix, concurrency, maxStalledCount: MAX_STALLED_COUNT },
  );
  // A job whose worker vanished more often than allowed is failed by BullMQ itself, and no handler has seen it fail.
  worker.on("failed", (job, error) => {
    if (job?.finishedOn === undefined || thrownHere.has(error)) return;
    void giveUp(job.data, { code: "stalled", message: error.message, retryable: true, frames: [] });
  });
  worker.on("error", (error) => log.warn({ error }, "queue connection"));
  return {
    async stop(graceMs) {
      // BullMQ waits for jobs, and for a Redis that does not answer, without end; closing by force later on changes nothing.
      let timer: NodeJS.Timeout | undefined;
      const graceIsOver = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([worker.close(), graceIsOver]);
      clearTimeout(timer);
    },
  };
}

const thrownHere = new WeakSet<Error>();

/** Makes the error that BullMQ stores in Redis: nothing in it but code, message and frames of our own. */
function toQueueError(safe: SafeError): Error {
  const text = `${safe.code}: ${safe.message}`;
  const error = safe.retryable ? new Error(text) : new UnrecoverableError(text);
  error.stack = [text, ...safe.frames].join("\n");
  thrownHere.add(error);
  return error;
}

/** A payload holds references only; as a record of unknown fields it can be logged. */
function references(payload: object): Record<string, unknown> {
  return { ...payload };
}
