import { InvalidInputError } from "@lethe/contracts/errors";
import { JOB_SCHEMAS, type JobName, type JobPayload, type JobResult } from "@lethe/contracts/jobs";
import { UnrecoverableError, WaitingError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { Compile } from "typebox/compile";
import { jobOwnership } from "./job-ownership.js";
import type { Logger } from "./logger.js";
import type { JobMetrics } from "./metrics.js";
import { type SafeError, safeError } from "./safe-error.js";
import { withTimeout } from "./with-timeout.js";

export interface JobHandler<N extends JobName> {
  /**
   * Does the job. An error's class decides on another try: see `LetheError.retryable`. `signal` aborts when the service
   * stops and has waited for long enough: whoever throws from then on, or goes on for more than a moment, has his job
   * handed back, which costs it no attempt.
   */
  handle(payload: JobPayload<N>, log: Logger, signal: AbortSignal): Promise<JobResult<N>>;
  /** Called once when the job has failed for good, to write that into the ledger. */
  giveUp?(payload: JobPayload<N>, error: SafeError): Promise<void>;
}

export interface WorkerContext {
  readonly redis: Redis;
  readonly prefix: string;
  readonly log: Logger;
  readonly metrics: JobMetrics;
  /**
   * Milliseconds for which a job is a worker's own without renewal, which comes every half of that. A worker that is gone, or
   * whose event loop stands still for longer, loses the job to another one. That is safe, since a batch's row is locked
   * while it loads and a run while it is extracted; but it costs the work done so far. So it should be far above any pause
   * of the garbage collector or the machine.
   */
  readonly lockMs: number;
}

export interface RunningWorker {
  /**
   * Takes no new job and lets those at work end. What has not ended after most of `graceMs` is aborted and handed back, so
   * that another worker takes it up at once. A Redis that does not answer is left behind.
   */
  stop(graceMs: number): Promise<void>;
}

/** Milliseconds that a job has to roll back and end by itself once it is aborted. Then it is handed back all the same. */
const HEED_MS = 1_000;
/** The part of the grace in which jobs may end by themselves; the rest is for rolling back and handing back. */
const PATIENT_PART = 0.7;

/** Starts a worker for one job's queue. `concurrency` is the number of jobs that it works on at once. */
export function startWorker<N extends JobName>(
  context: WorkerContext,
  name: N,
  concurrency: number,
  handler: JobHandler<N>,
): RunningWorker {
  const check = Compile(JOB_SCHEMAS[name].payload);
  const log = context.log.child({ job: name });
  const stopping = new AbortController();
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
    async (job, token) => {
      const stopTimer = context.metrics.startTimer(name);
      const jobLog = log.child({ ...references(job.data), attempt: job.attemptsMade + 1 });
      try {
        if (!check.Check(job.data)) throw new InvalidInputError("the payload is not of the job's schema");
        const result = await heeded(handler.handle(job.data, jobLog, stopping.signal), stopping.signal);
        stopTimer("done");
        return result;
      } catch (error) {
        if (stopping.signal.aborted) {
          stopTimer("handed back");
          await job.moveToWait(token);
          jobLog.info("job handed back");
          throw new WaitingError();
        }
        const safe = safeError(error);
        stopTimer("failed");
        jobLog.warn({ error }, "job failed");
        const isLast = !safe.retryable || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
        // Before BullMQ hears of it, so that a job which waits for this one already finds it in the ledger.
        if (isLast) await giveUp(job.data, safe);
        throw toQueueError(safe);
      }
    },
    {
      connection: context.redis,
      prefix: context.prefix,
      concurrency,
      ...jobOwnership(context.lockMs),
    },
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
      const closed = worker.close().then(() => true);
      if (await withTimeout(closed, graceMs * PATIENT_PART, () => false)) return;
      stopping.abort(new Error("the service stops"));
      const isClosed = await withTimeout(closed, graceMs * (1 - PATIENT_PART), () => false);
      if (!isClosed) log.warn("stopped in the middle of a job");
    },
  };
}

/**
 * Waits for work; from a moment after the signal's abort not any more. The process is about to end then, and whoever goes on
 * in spite of that must not keep the job from others.
 */
async function heeded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: () => void = () => undefined;
  const unheeded = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      timer = setTimeout(() => reject(signal.reason), HEED_MS);
    };
  });
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([work, unheeded]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    clearTimeout(timer);
  }
}

const thrownHere = new WeakSet<Error>();

/** Creates the error that BullMQ stores in Redis: nothing in it but code, message and frames of our own. */
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
