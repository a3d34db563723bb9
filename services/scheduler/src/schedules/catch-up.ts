import { JOB_OPTIONS, type TypedQueue } from "@lethe/service-kit/queues";
import { type DefaultSchedule, readSchedules, type StoredSchedule } from "@lethe/warehouse/ledger/schedules";
import type { Queryable } from "@lethe/warehouse/pool";
import { previousTick } from "./cron.js";

/**
 * Sees to the ticks that fell into a standstill, before the schedules run again. With `makeUp` each job that missed one
 * or more is triggered once; without, what is left of them in the queue is dropped. Returns the jobs that had missed one.
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
    // Redis was up all the time and holds the tick's job: it fires when a worker comes.
    const isOverdue = next !== undefined && next <= now.getTime();
    if (!makeUp && isOverdue) await queue.removeJobScheduler(schedule.job);
    if (makeUp && !isOverdue) await trigger(queue, schedule.job, tick);
  }
  return missed;
}

/** Returns the newest tick that a schedule should have fired at and did not; undefined when it kept up. */
export function missedTick(schedule: StoredSchedule, now: Date): Date | undefined {
  if (!schedule.enabled) return undefined;
  const tick = previousTick(schedule, now);
  const keptUpUntil = Math.max(schedule.updatedAt.getTime(), schedule.lastFiredAt?.getTime() ?? 0);
  return tick.getTime() > keptUpUntil ? tick : undefined;
}

/** The tick stands in the id, so that processes which start together trigger the job once. */
async function trigger(queue: TypedQueue<"trigger">, job: string, tick: Date): Promise<void> {
  await queue.add("trigger", { job }, { ...JOB_OPTIONS, jobId: `catch-up-${job}-${tick.getTime()}` });
}
