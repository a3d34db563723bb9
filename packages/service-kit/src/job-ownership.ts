import type { WorkerOptions } from "bullmq";

/**
 * How often a job may lose its worker before it fails. A killed process is more often the machine's fault than the job's, and
 * with BullMQ's default of 1 the second such loss would end a run.
 */
const MAX_STALLED_COUNT = 10;

/** Checks for jobs without a renewed lock, per lock duration. The second check gives such a job to another worker. */
const LOOKS_PER_LOCK = 2;

/** Returns for how long a worker keeps a job without renewing its lock, and how often a job may lose its worker. */
export function jobOwnership(
  lockMs: number,
): Required<Pick<WorkerOptions, "lockDuration" | "stalledInterval" | "maxStalledCount">> {
  return { lockDuration: lockMs, stalledInterval: lockMs / LOOKS_PER_LOCK, maxStalledCount: MAX_STALLED_COUNT };
}
