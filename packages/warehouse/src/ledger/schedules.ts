import type { DatasetName } from "@lethe/contracts/datasets";
import { NotFoundError } from "@lethe/contracts/errors";
import { DEFAULT_TIMEZONE } from "@lethe/contracts/schedules";
import type { Queryable } from "../pool.js";

export interface StoredSchedule {
  readonly job: DatasetName;
  readonly cron: string;
  readonly timezone: string;
  readonly enabled: boolean;
  readonly updatedAt: Date;
  readonly lastFiredAt: Date | null;
}

/** A dataset and the cron pattern that its job starts with. */
export interface DefaultSchedule {
  readonly name: DatasetName;
  readonly schedule: string;
}

export interface ScheduleChange {
  readonly cron?: string | undefined;
  readonly timezone?: string | undefined;
  readonly enabled?: boolean | undefined;
}

/** Returns the jobs' schedules in the order of the jobs; one that is missing is stored with its default first. */
export async function readSchedules(db: Queryable, defaults: readonly DefaultSchedule[]): Promise<StoredSchedule[]> {
  const names = defaults.map(({ name }) => name);
  await db.query(
    `insert into ledger.schedules (job, cron, timezone)
     select job, cron, $3 from unnest($1::text[], $2::text[]) as defaults (job, cron)
     on conflict (job) do nothing`,
    [names, defaults.map(({ schedule }) => schedule), DEFAULT_TIMEZONE],
  );
  const { rows } = await db.query<StoredSchedule>(
    `${SELECT_SCHEDULE} where job = any ($1) order by array_position($1::text[], job)`,
    [names],
  );
  return rows;
}

/** Returns the jobs whose schedules are stored and switched on. Changes nothing. */
export async function readEnabledSchedules(db: Queryable): Promise<DatasetName[]> {
  const { rows } = await db.query<{ job: DatasetName }>("select job from ledger.schedules where enabled order by job");
  return rows.map(({ job }) => job);
}

/** Changes a schedule and returns it as it now is. The caller has checked cron and time zone. Throws NotFoundError. */
export async function changeSchedule(db: Queryable, job: DatasetName, change: ScheduleChange): Promise<StoredSchedule> {
  await db.query(
    `update ledger.schedules
     set cron = coalesce($2, cron), timezone = coalesce($3, timezone), enabled = coalesce($4, enabled),
         updated_at = clock_timestamp()
     where job = $1`,
    [job, change.cron ?? null, change.timezone ?? null, change.enabled ?? null],
  );
  const { rows } = await db.query<StoredSchedule>(`${SELECT_SCHEDULE} where job = $1`, [job]);
  if (rows[0] === undefined) throw new NotFoundError(`there is no schedule for ${job}`);
  return rows[0];
}

/** Records that a job's schedule fired now, so that ticks missed during downtime can be found. */
export async function recordFired(db: Queryable, job: DatasetName): Promise<void> {
  await db.query("update ledger.schedules set last_fired_at = clock_timestamp() where job = $1", [job]);
}

const SELECT_SCHEDULE = `
  select job, cron, timezone, enabled, updated_at as "updatedAt", last_fired_at as "lastFiredAt"
  from ledger.schedules`;
