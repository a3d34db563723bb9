import type { ScheduleRules } from "@lethe/service-kit/cron/check-schedule";
import type { Client } from "@lethe/warehouse/pool";
import { closeAlert, type OpenAlert, openAlert } from "@lethe/warehouse/quality/alerts";
import { missedTick } from "../schedules/catch-up.js";
import type { CheckedDataset } from "./checked-dataset.js";

/** After a tick, in which its trigger may wait for a worker. */
const GRACE_MS = 15 * 60_000;
const CAUSE = "schedule";

/** Notices that a job's schedule is on and does not fire. A schedule that is switched off, here or as a whole, is no cause. */
export async function checkSchedule(
  client: Client,
  { name, schedule }: CheckedDataset,
  alerts: readonly OpenAlert[],
  rules: ScheduleRules,
  now: Date,
): Promise<void> {
  const alert = alerts.find(({ kind }) => kind === "schedule");
  const missed = rules.on ? missedTick(schedule, new Date(now.getTime() - GRACE_MS), rules) : undefined;
  if (missed === undefined && alert !== undefined) await closeAlert(client, alert.id, "recovered", now);
  if (missed === undefined || alert !== undefined) return;
  const message =
    `The schedule of ${name} is on and should have fired at ${missed.toISOString()}. See whether the scheduler's worker and Redis ` +
    "are at work, and run the job by hand until then.";
  await openAlert(client, { dataset: name, kind: "schedule", cause: CAUSE, message, partition: null }, now);
}
