import { problemOfSchedule, type ScheduleRules } from "@lethe/service-kit/cron/check-schedule";
import { previousTick } from "@lethe/service-kit/cron/ticks";
import { JOB_OPTIONS, type TypedQueue } from "@lethe/service-kit/queues";
import { type DefaultSchedule, readSchedules, type StoredSchedule } from "@lethe/warehouse/ledger/schedules";
import type { Queryable } from "@lethe/warehouse/pool";
import { forEachJob } from "./for-each-job.js";
import { catchUpJobId, nextJobId } from "./tick-ids.js";

/**
 * Handles the ticks that were missed during downtime, up to `now`; the schedules must have been asserted before, so that every
 * later tick is theirs. With `makeUp`, each job that missed any is triggered once; without it, overdue triggers are removed from
 * the queue. Returns the jobs that missed a tick. What it cannot do for a job it does for the others, and throws at the end; it
 * may then be called again, since it triggers no job twice.
 */
export async function catchUp(
  db: Queryable,
  datasets: readonly DefaultSchedule[],
  queue: TypedQueue<"trigger">,
  now: Date,
  { makeUp, rules }: { readonly makeUp: boolean; readonly rules: ScheduleRules },
): Promise<string[]> {
  const missed: string[] = [];
  await forEachJob(await readSchedules(db, datasets), async (schedule) => {
    const tick = missedTick(schedule, now, rules);
    if (tick === undefined) return;
    missed.push(schedule.job);
    const next = (await queue.getJobScheduler(schedule.job))?.next;
    // Redis was up and still has the tick's job, which fires as soon as a worker takes it.
    const isOverdue = next !== undefined && next <= now.getTime();
    if (!makeUp && isOverdue) await queue.removeJobScheduler(schedule.job);
    if (!makeUp || isOverdue) return;
    // The tick's own job may have been taken a moment ago, and not be recorded yet.
    const own = await queue.getJobState(nextJobId(schedule.job, tick.getTime()));
    if (own === "unknown") await trigger(queue, schedule.job, tick);
  });
  return missed;
}

/** Returns the latest tick up to `now` at which a schedule should have fired and did not, or undefined. */
export function missedTick(
  schedule: StoredSchedule,
  now: Date,
  rules: Pick<ScheduleRules, "subMinute">,
): Date | undefined {
  if (!schedule.enabled || problemOfSchedule(schedule, rules) !== undefined) return undefined;
  const keptUpUntil = Math.max(schedule.updatedAt.getTime(), schedule.lastFiredAt?.getTime() ?? 0);
  const tick = previousTick(schedule, new Date(now.getTime() + 1));
  return tick.getTime() > keptUpUntil ? tick : undefined;
}

/** Triggers a job. The id holds the tick, so that processes which start together trigger the job once. */
async function trigger(queue: TypedQueue<"trigger">, job: string, tick: Date): Promise<void> {
  await queue.add("trigger", { job }, { ...JOB_OPTIONS, jobId: catchUpJobId(job, tick.getTime()) });
}
