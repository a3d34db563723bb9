import type { WorkerOptions } from "bullmq";

/**
 * How often a job may lose its worker before it fails. A process that is killed while it works is an accident of the
 * machine more often than the job's doing, and with BullMQ's own 1 the second such accident would end a run.
 */
const MAX_STALLED_COUNT = 10;

/**
 * Looks for jobs that nobody renews, in the time of a lock. The second one that finds a job so gives it away: at the latest
 * two locks after a crash.
 */
const LOOKS_PER_LOCK = 2;

/** Returns for how long a job is its worker's own without renewal, and what becomes of one whose worker has vanished. */
export function jobOwnership(
  lockMs: number,
): Required<Pick<WorkerOptions, "lockDuration" | "stalledInterval" | "maxStalledCount">> {
  return { lockDuration: lockMs, stalledInterval: lockMs / LOOKS_PER_LOCK, maxStalledCount: MAX_STALLED_COUNT };
}
