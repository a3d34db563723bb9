import type { Schedule } from "@lethe/contracts/schedules";
import type { StoredSchedule } from "@lethe/warehouse/ledger/schedules";
import { nextTick } from "./cron.js";

/** Returns a stored schedule as the API presents it. A schedule that does not fire has no next time. */
export function presentSchedule(schedule: StoredSchedule, now: Date, schedulesOn: boolean): Schedule {
  return {
    job: schedule.job,
    cron: schedule.cron,
    timezone: schedule.timezone,
    enabled: schedule.enabled,
    updatedAt: schedule.updatedAt.toISOString(),
    lastFiredAt: schedule.lastFiredAt?.toISOString() ?? null,
    nextAt: schedule.enabled && schedulesOn ? nextTick(schedule, now).toISOString() : null,
  };
}
