import type { Schedule } from "@lethe/contracts/schedules";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { scheduleRules } from "@lethe/service-kit/cron/check-schedule";
import { presentSchedule } from "@lethe/service-kit/cron/present-schedule";
import { type Environment, readSettings, SCHEDULE_SETTINGS } from "@lethe/service-kit/settings";
import { readSchedules } from "@lethe/warehouse/ledger/schedules";
import type { Queryable } from "@lethe/warehouse/pool";
import Type from "typebox";

const ScheduleSettings = Type.Object(SCHEDULE_SETTINGS);

/** Returns the jobs' schedules as the API presents them. Whether schedules fire at all is read from the command's own settings. */
export async function presentedSchedules(
  db: Queryable,
  datasets: Pick<Datasets, "all">,
  environment: Environment,
): Promise<Schedule[]> {
  const rules = scheduleRules(readSettings(ScheduleSettings, environment));
  const now = new Date();
  const schedules = await readSchedules(db, datasets.all);
  return schedules.map((schedule) => presentSchedule(schedule, now, rules));
}
