import { JOB_NAMES, type JobName } from "@lethe/contracts/jobs";
import type { Job, JobType } from "bullmq";
import type { Redis } from "ioredis";
import type { Queues } from "./queues.js";

/** A job that has not ended. */
export interface QueuedJob {
  readonly queue: JobName;
  readonly id: string;
  readonly runId: string | undefined;
  readonly batchId: string | undefined;
  /** Whether it counts as being worked on, though no worker holds it any more. */
  readonly isAbandoned: boolean;
}

/** States of jobs that have not ended. */
const OPEN: JobType[] = ["active", "waiting", "prioritized", "delayed", "waiting-children"];

/**
 * Returns the jobs about runs that have not ended, so many of each queue at most, and whether there are more. Changes nothing. The
 * queues must be open on `redis`.
 */
export async function readQueuedWork(
  redis: Redis,
  queues: Queues,
  limit: number,
): Promise<{ readonly jobs: readonly QueuedJob[]; readonly areAll: boolean }> {
  const names = JOB_NAMES.filter((name) => name !== "trigger");
  const found = await Promise.all(
    names.map(async (queue) => {
      const jobs: (Job | undefined)[] = await queues.byJob[queue].getJobs(OPEN, 0, limit - 1);
      const active = new Set(
        (await queues.byJob[queue].getActive(0, limit - 1)).map((job: Job | undefined) => job?.id),
      );
      return Promise.all(
        // One may end while it is read.
        jobs.flatMap((job) =>
          job?.id === undefined ? [] : [queuedJob(redis, queues.prefix, queue, job, job.id, active.has(job.id))],
        ),
      );
    }),
  );
  // The limit is of each state, so that fewer may be all.
  return { jobs: found.flat(), areAll: found.every((jobs) => jobs.length < limit) };
}

async function queuedJob(
  redis: Redis,
  prefix: string,
  queue: JobName,
  { data }: Job<{ readonly runId?: string; readonly batchId?: string } | undefined>,
  id: string,
  isActive: boolean,
): Promise<QueuedJob> {
  const isAbandoned = isActive && (await redis.exists(`${prefix}:${queue}:${id}:lock`)) === 0;
  return { queue, id, runId: data?.runId, batchId: data?.batchId, isAbandoned };
}
