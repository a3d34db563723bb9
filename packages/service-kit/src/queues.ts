import { JOB_NAMES, type JobName, type JobPayload, type JobResult } from "@lethe/contracts/jobs";
import { FlowProducer, type JobsOptions, Queue, type Telemetry } from "bullmq";
import type { Redis } from "ioredis";
import { repeatStrategy } from "./repeat-strategy.js";

export type TypedQueue<N extends JobName> = Queue<JobPayload<N>, JobResult<N>, N>;

export interface Queues {
  readonly prefix: string;
  readonly flows: FlowProducer;
  readonly byJob: { readonly [N in JobName]: TypedQueue<N> };
  close(): Promise<void>;
}

const SECOND = 1;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

/**
 * The options of every job. Retries back off from half a second, with jitter, to about 15 s for the fifth. Ended jobs are
 * removed by age (in seconds) and count, since the ledger keeps what they did.
 */
export const JOB_OPTIONS = {
  attempts: 6,
  backoff: { type: "exponential", delay: 500, jitter: 0.5 },
  removeOnComplete: { age: HOUR, count: 1_000 },
  removeOnFail: { age: 7 * DAY, count: 5_000 },
} as const satisfies JobsOptions;

export interface QueueOptions {
  /** Leaves nothing in the queues, for one who only reads. */
  readonly onlyRead?: boolean;
  readonly telemetry?: Telemetry | undefined;
}

/** Opens the queues, one per job, on a connection, which the caller closes. */
export function openQueues(redis: Redis, prefix: string, { onlyRead = false, telemetry }: QueueOptions = {}): Queues {
  const tracing = telemetry === undefined ? {} : { telemetry };
  const options = {
    connection: redis,
    prefix,
    streams: { events: { maxLen: 1_000 } },
    settings: { repeatStrategy },
    ...(onlyRead && { skipMetasUpdate: true }),
    ...tracing,
  };
  const byJob = Object.fromEntries(
    JOB_NAMES.map((job) => [job, new Queue(job, options)]),
  ) as unknown as Queues["byJob"];
  const flows = new FlowProducer({ connection: redis, prefix, ...tracing });
  // Without a listener BullMQ prints each failed attempt to connect. `/readyz` reports the connection's state.
  for (const queue of Object.values<Queue>(byJob)) queue.on("error", ignore);
  flows.on("error", ignore);
  return {
    prefix,
    flows,
    byJob,
    async close() {
      await Promise.all([...Object.values(byJob).map((queue) => queue.close()), flows.close()]);
    },
  };
}

const ignore = () => undefined;
