import { JOB_SCHEMAS, type JobName, type JobPayload, type JobResult } from "@lethe/contracts/jobs";
import { type Job, UnrecoverableError, Worker } from "bullmq";
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

/** Starts a worker for one job's queue. `concurrency` is the number of jobs that it works on at once. */
export function startWorker<N extends JobName>(
  context: WorkerContext,
  name: N,
  concurrency: number,
  handler: JobHandler<N>,
): RunningWorker {
  const check = Compile(JOB_SCHEMAS[name].payload);
  const log = context.log.child({ job: name });
  const worker = new Worker<JobPayload<N>, JobResult<N>, N>(
    name,
    async (job) => {
      const stopTimer = context.metrics.startTimer(name);
      const jobLog = log.child({ jobId: job.id, attempt: job.attemptsMade + 1 });
      try {
        if (!check.Check(job.data)) throw new UnrecoverableError("the payload is not of the job's schema");
        const result = await handler.handle(job.data, jobLog);
        stopTimer("done");
        return result;
      } catch (error) {
        const safe = safeError(error);
        stopTimer("failed");
        jobLog.warn({ error }, "job failed");
        throw toQueueError(safe);
      }
    },
    { connection: context.redis, prefix: context.prefix, concurrency },
  );
  worker.on("failed", (job, error) => {
    if (job?.finishedOn === undefined) return;
    const safe = gaveUpWith.get(error) ?? stalled(error);
    log.error({ jobId: job.id, error: safe }, "job gave up");
    handler.giveUp?.(job.data, safe).catch((failure: unknown) => {
      log.error({ jobId: job.id, error: failure }, "could not write into the ledger that the job gave up");
    });
  });
  worker.on("error", (error) => log.warn({ error }, "queue connection"));
  return {
    async stop(graceMs) {
      const timer = setTimeout(() => void worker.close(true), graceMs);
      await worker.close();
      clearTimeout(timer);
    },
  };
}

const gaveUpWith = new WeakMap<Error, SafeError>();

/** Makes the error that BullMQ stores in Redis: nothing in it but code, message and frames of our own. */
function toQueueError(safe: SafeError): Error {
  const text = `${safe.code}: ${safe.message}`;
  const error = safe.retryable ? new Error(text) : new UnrecoverableError(text);
  error.stack = [text, ...safe.frames].join("\n");
  gaveUpWith.set(error, safe);
  return error;
}

// BullMQ itself fails a job whose worker vanished more often than allowed; its message holds no data of the job.
function stalled(error: Error): SafeError {
  return { code: "stalled", message: error.message, retryable: true, frames: [] };
}

export type { Job };
