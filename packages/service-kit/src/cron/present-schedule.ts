import type { Schedule } from "@lethe/contracts/schedules";
import { problemOfSchedule, type ScheduleRules } from "./check-schedule.js";
import { describeCron } from "./describe-cron.js";
import { nextTick } from "./ticks.js";

/** A schedule as the ledger holds it. */
interface HeldSchedule extends Pick<Schedule, "job" | "cron" | "timezone" | "enabled"> {
  readonly updatedAt: Date;
  readonly lastFiredAt: Date | null;
}

/** Returns a stored schedule as the API and the command line present it. A schedule that does not fire has no next time. */
export function presentSchedule(schedule: HeldSchedule, now: Date, rules: ScheduleRules): Schedule {
  const problem = problemOfSchedule(schedule, rules);
  const fires = schedule.enabled && rules.on && problem === undefined;
  return {
    job: schedule.job,
    cron: schedule.cron,
    timezone: schedule.timezone,
    words: problem === undefined ? describeCron(schedule.cron) : null,
    enabled: schedule.enabled,
    updatedAt: schedule.updatedAt.toISOString(),
    lastFiredAt: schedule.lastFiredAt?.toISOString() ?? null,
    nextAt: fires ? nextTick(schedule, now).toISOString() : null,
    problem: problem ?? null,
  };
}
