import { JOB_OPTIONS, type TypedQueue } from "@lethe/service-kit/queues";
import { type DefaultSchedule, readSchedules, type StoredSchedule } from "@lethe/warehouse/ledger/schedules";
import type { Queryable } from "@lethe/warehouse/pool";
import { previousTick } from "./cron.js";

/**
 * Handles the ticks that were missed during downtime, before the schedules run again. With `makeUp`, each job that missed any
 * is triggered once; without it, overdue triggers are removed from the queue. Returns the jobs that missed a tick.
 */
export async function catchUp(
  db: Queryable,
  datasets: readonly DefaultSchedule[],
  queue: TypedQueue<"trigger">,
  now: Date,
  makeUp: boolean,
): Promise<string[]> {
  const missed: string[] = [];
  for (const schedule of await readSchedules(db, datasets)) {
    const tick = missedTick(schedule, now);
    if (tick === undefined) continue;
    missed.push(schedule.job);
    const next = (await queue.getJobScheduler(schedule.job))?.next;
    // Redis was up and still has the tick's job, which fires as soon as a worker takes it.
    const isOverdue = next !== undefined && next <= now.getTime();
    if (!makeUp && isOverdue) await queue.removeJobScheduler(schedule.job);
    if (makeUp && !isOverdue) await trigger(queue, schedule.job, tick);
  }
  return missed;
}

/** Returns the latest tick at which a schedule should have fired and did not, or undefined. */
export function missedTick(schedule: StoredSchedule, now: Date): Date | undefined {
  if (!schedule.enabled) return undefined;
  const tick = previousTick(schedule, now);
  const keptUpUntil = Math.max(schedule.updatedAt.getTime(), schedule.lastFiredAt?.getTime() ?? 0);
  return tick.getTime() > keptUpUntil ? tick : undefined;
}

/** Triggers a job. The id holds the tick, so that processes which start together trigger the job once. */
async function trigger(queue: TypedQueue<"trigger">, job: string, tick: Date): Promise<void> {
  await queue.add("trigger", { job }, { ...JOB_OPTIONS, jobId: `catch-up-${job}-${tick.getTime()}` });
}
