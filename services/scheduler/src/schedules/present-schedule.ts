import type { Schedule } from "@lethe/contracts/schedules";
import { nextTick } from "@lethe/service-kit/cron/ticks";
import type { StoredSchedule } from "@lethe/warehouse/ledger/schedules";
import { problemOfSchedule, type ScheduleRules } from "./check-schedule.js";

/** Returns a stored schedule as the API presents it. A schedule that does not fire has no next time. */
export function presentSchedule(schedule: StoredSchedule, now: Date, rules: ScheduleRules): Schedule {
  const problem = problemOfSchedule(schedule, rules);
  const fires = schedule.enabled && rules.on && problem === undefined;
  return {
    job: schedule.job,
    cron: schedule.cron,
    timezone: schedule.timezone,
    enabled: schedule.enabled,
    updatedAt: schedule.updatedAt.toISOString(),
    lastFiredAt: schedule.lastFiredAt?.toISOString() ?? null,
    nextAt: fires ? nextTick(schedule, now).toISOString() : null,
    problem: problem ?? null,
  };
}
