import type { JobName } from "@lethe/contracts/jobs";
import type { Queue } from "bullmq";

/** Jobs that a worker could take at once. */
const READY = ["waiting", "prioritized"] as const;

/** The states of jobs that have not succeeded. */
export const QUEUE_STATES = ["waiting", "prioritized", "active", "delayed", "waiting-children", "failed"] as const;
export type QueueState = (typeof QUEUE_STATES)[number];

/** Returns the number of a queue's jobs by state. */
export async function readDepth(queue: Queue): Promise<Record<QueueState, number>> {
  const counts = await queue.getJobCounts(...QUEUE_STATES);
  return Object.fromEntries(QUEUE_STATES.map((state) => [state, counts[state] ?? 0])) as Record<QueueState, number>;
}

/** Returns for how many seconds the job has been in a queue that a worker takes next; undefined where none waits. */
export async function readOldestWait(queue: Queue): Promise<number | undefined> {
  const next = await queue.getJobs([...READY], 0, 0, true);
  // One that has gone since its id was read is undefined.
  const times = next.flatMap((job) => (job?.timestamp === undefined ? [] : [job.timestamp]));
  return times.length === 0 ? undefined : Math.max(Date.now() - Math.min(...times), 0) / 1_000;
}

/** How a queue is at the moment. */
export interface QueueDepth {
  readonly name: JobName;
  readonly jobs: Record<QueueState, number>;
  /** Null where none waits. */
  readonly oldestWaitingSeconds: number | null;
  /** Null where Redis does not say who is connected. */
  readonly workers: number | null;
  readonly isPaused: boolean;
}

/** Returns how queues are at the moment. */
export async function readQueues(queues: readonly Queue[]): Promise<QueueDepth[]> {
  return Promise.all(
    queues.map(async (queue) => {
      const [jobs, oldest, workers, isPaused] = await Promise.all([
        readDepth(queue),
        readOldestWait(queue),
        // A hosted Redis may forbid to ask who is connected.
        queue.getWorkersCount().catch(() => null),
        queue.isPaused(),
      ]);
      return { name: queue.name as JobName, jobs, oldestWaitingSeconds: oldest ?? null, workers, isPaused };
    }),
  );
}
