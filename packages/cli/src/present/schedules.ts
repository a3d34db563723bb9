import type { DatasetName } from "@lethe/contracts/datasets";
import { formatTime } from "@lethe/contracts/format-time";
import type { Run } from "@lethe/contracts/runs";
import type { Schedule } from "@lethe/contracts/schedules";
import type { Cell } from "./csv.js";
import { formatTable } from "./table.js";

export const SCHEDULE_TITLES = ["job", "cron", "timezone", "enabled", "lastFiredAt", "nextAt", "problem"] as const;

/** Returns a schedule's cells under `SCHEDULE_TITLES`. */
export function scheduleCells({ job, cron, timezone, enabled, lastFiredAt, nextAt, problem }: Schedule): Cell[] {
  return [job, cron, timezone, String(enabled), lastFiredAt, nextAt, problem];
}

/** Formats schedules as a table, with why one that is on does not fire. */
export function formatSchedules(schedules: readonly Schedule[]): string {
  const table = formatTable(
    ["job", "cron", "in words", "time zone", "state", "fired last", "fires next"].map((title) => ({ title })),
    schedules.map((schedule) => [
      schedule.job,
      schedule.cron,
      schedule.words ?? "",
      schedule.timezone,
      stateOf(schedule),
      schedule.lastFiredAt === null ? "never" : formatTime(schedule.lastFiredAt),
      nextOf(schedule),
    ]),
  );
  const problems = schedules.flatMap(({ job, problem }) => (problem === null ? [] : [`${job}: ${problem}`]));
  return [table, ...problems].join("\n");
}

/** A job as the API's `GET /jobs` has it. */
export interface JobOverview {
  readonly job: DatasetName;
  readonly schedule: Schedule;
  readonly lastRun: Run | null;
  readonly activeRunId: string | null;
}

export const JOB_TITLES = [
  "job",
  "cron",
  "timezone",
  "enabled",
  "nextAt",
  "lastRunId",
  "state",
  "activeRunId",
] as const;

/** Returns a job's cells under `JOB_TITLES`. */
export function jobCells({ job, schedule, lastRun, activeRunId }: JobOverview): Cell[] {
  const { cron, timezone, enabled, nextAt } = schedule;
  return [job, cron, timezone, String(enabled), nextAt, lastRun?.id ?? null, lastRun?.state ?? null, activeRunId];
}

/** Formats jobs as a table. */
export function formatJobs(jobs: readonly JobOverview[]): string {
  return formatTable(
    ["job", "schedule", "fires next", "last run", "state", "active run"].map((title) => ({ title })),
    jobs.map(({ job, schedule, lastRun, activeRunId }) => [
      job,
      `${schedule.cron} (${stateOf(schedule)})`,
      nextOf(schedule),
      lastRun === null ? "never" : formatTime(lastRun.requestedAt),
      lastRun?.state ?? "",
      activeRunId ?? "",
    ]),
  );
}

function stateOf({ enabled, problem }: Schedule): string {
  if (!enabled) return "off";
  return problem === null ? "on" : "refused";
}

function nextOf({ nextAt }: Schedule): string {
  return nextAt === null ? "" : formatTime(nextAt);
}
