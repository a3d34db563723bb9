import { InvalidInputError, LostLockError } from "@lethe/contracts/errors";
import { JOB_SCHEMAS, type JobName, type JobPayload, type JobResult } from "@lethe/contracts/jobs";
import { type Telemetry, UnrecoverableError, WaitingError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { Compile } from "typebox/compile";
import { jobOwnership } from "./job-ownership.js";
import type { Logger } from "./logger.js";
import type { JobMetrics } from "./metrics.js";
import { repeatStrategy } from "./repeat-strategy.js";
import { type SafeError, safeError } from "./safe-error.js";
import { withTimeout } from "./with-timeout.js";

export interface JobHandler<N extends JobName> {
  /**
   * Does the job. The class of an error decides whether the job is tried again: see `LetheError.retryable`. `signal` aborts
   * when the service stops and the job has not ended in time. A handler that throws after that, or does not end within a
   * second, has its job returned to the queue without using up an attempt.
   */
  handle(payload: JobPayload<N>, log: Logger, signal: AbortSignal, jobId: string): Promise<JobResult<N>>;
  /** Records in the ledger that the job has failed for good. Called once. */
  giveUp?(payload: JobPayload<N>, error: SafeError): Promise<void>;
}

export interface WorkerContext {
  readonly redis: Redis;
  readonly prefix: string;
  readonly log: Logger;
  readonly metrics: JobMetrics;
  /** Where traces are sent: see `startTracing`. */
  readonly telemetry?: Telemetry | undefined;
  /**
   * Milliseconds for which a worker keeps a job without renewing its lock; it renews it every half of that. A worker that has
   * crashed, or whose event loop is blocked for longer, loses the job to another worker. That is safe, since a batch is locked
   * while it is loaded and a run while it is extracted, but the work done so far is lost. Choose a value far above any pause of
   * the garbage collector or the machine.
   */
  readonly lockMs: number;
}

export interface RunningWorker {
  /**
   * Takes no new jobs and waits for the active ones. Jobs that have not ended after most of `graceMs` are aborted and returned
   * to the queue, where another worker takes them at once. Does not wait for a Redis that does not answer.
   */
  stop(graceMs: number): Promise<void>;
}

/** Milliseconds for an aborted job to roll back and end. After that it is returned to the queue anyway. */
const HEED_MS = 1_000;
/** The part of the grace period in which jobs may end. The rest is for rolling back and returning them. */
const PATIENT_PART = 0.7;

/** Starts a worker on the queue of one job. It works on up to `concurrency` jobs at a time. */
export function startWorker<N extends JobName>(
  context: WorkerContext,
  name: N,
  concurrency: number,
  handler: JobHandler<N>,
): RunningWorker {
  const check = Compile(JOB_SCHEMAS[name].payload);
  const log = context.log.child({ job: name });
  const fields = Object.keys(JOB_SCHEMAS[name].payload.properties);
  /** Returns a payload as fields of a log line. What its schema declares are references; nothing else is logged. */
  const references = (payload: JobPayload<N>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(payload).filter(([field]) => fields.includes(field)));
  const stopping = new AbortController();
  async function giveUp(payload: JobPayload<N>, error: SafeError) {
    log.error({ ...references(payload), error }, "job gave up");
    try {
      await handler.giveUp?.(payload, error);
    } catch (failure) {
      log.error({ ...references(payload), error: failure }, "could not write into the ledger that the job gave up");
    }
  }
  /** A job that nobody at Lethe has enqueued. What it holds is not known to be references alone, so nothing of it is used. */
  function refuse(): Error {
    const error = new InvalidInputError("the payload is not of the job's schema");
    log.error({ error }, "job refused");
    return toQueueError(safeError(error));
  }
  const worker = new Worker<JobPayload<N>, JobResult<N>, N>(
    name,
    async (job, token) => {
      const stopTimer = context.metrics.startTimer(name);
      if (!check.Check(job.data)) {
        stopTimer("failed");
        throw refuse();
      }
      const jobLog = log.child({ ...references(job.data), attempt: job.attemptsMade + 1 });
      try {
        const result = await heeded(handler.handle(job.data, jobLog, stopping.signal, job.id ?? ""), stopping.signal);
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
        // Another process does the job now, and it is for that one to give up.
        const isOthers = error instanceof LostLockError;
        const isLast = !safe.retryable || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
        // Before BullMQ knows, so that a job that waits for this one finds the failure in the ledger.
        if (isLast && !isOthers) await giveUp(job.data, safe);
        throw toQueueError(safe);
      }
    },
    {
      connection: context.redis,
      prefix: context.prefix,
      concurrency,
      settings: { repeatStrategy },
      ...(context.telemetry !== undefined && { telemetry: context.telemetry }),
      ...jobOwnership(context.lockMs),
    },
  );
  // BullMQ itself fails a job that has lost its worker too often; no handler has seen that failure.
  worker.on("failed", (job, error) => {
    if (job?.finishedOn === undefined || thrownHere.has(error) || !check.Check(job.data)) return;
    void giveUp(job.data, { code: "stalled", message: error.message, retryable: true, frames: [] });
  });
  // BullMQ tries again ten times a second, in every worker; the logger counts what repeats.
  worker.on("error", (error) => log.warn({ error }, "queue connection"));
  return {
    async stop(graceMs) {
      // BullMQ waits without limit for jobs and for a Redis that does not answer. Closing by force later changes nothing.
      const closed = worker.close().then(() => true);
      if (await withTimeout(closed, graceMs * PATIENT_PART, () => false)) return;
      stopping.abort(new Error("the service stops"));
      const isClosed = await withTimeout(closed, graceMs * (1 - PATIENT_PART), () => false);
      if (!isClosed) log.warn("stopped in the middle of a job");
    },
  };
}

/**
 * Waits for work, but stops waiting a moment after the signal aborts. The process is about to end then, and a handler that
 * ignores the signal must not keep the job from other workers.
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

/** Creates the error that BullMQ stores in Redis. It holds a safe code, message and frames only. */
function toQueueError(safe: SafeError): Error {
  const text = `${safe.code}: ${safe.message}`;
  const error = safe.retryable ? new Error(text) : new UnrecoverableError(text);
  error.stack = [text, ...safe.frames].join("\n");
  thrownHere.add(error);
  return error;
}
