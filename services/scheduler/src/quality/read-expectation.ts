import type { DatasetName } from "@lethe/contracts/datasets";
import { GIVE_UP_DAYS } from "@lethe/quality/decide-arrivals";
import { ARRIVAL_DAYS, type Arrival, type Expectation, expectArrivals } from "@lethe/quality/expect-arrivals";
import { HOURS_A_DAY, hourAt, hourOf, partitionOf } from "@lethe/quality/partition-hours";
import { nextTick, previousTick } from "@lethe/service-kit/cron/ticks";
import { readSchedules, type StoredSchedule } from "@lethe/warehouse/ledger/schedules";
import type { Queryable } from "@lethe/warehouse/pool";
import { readArrivals } from "@lethe/warehouse/quality/partition-stats";
import type { SchedulerContext } from "../context.js";
import type { CheckedDataset } from "./checked-dataset.js";

/** What is expected of a dataset, and what it was learnt from. */
export interface KnownArrivals {
  /** Of the days that are looked at, by hour. */
  readonly arrivals: readonly Arrival[];
  readonly expectation: Expectation | undefined;
  /** The first of the days that are looked at. */
  readonly from: string;
}

/** What is learnt ends with the last arrival, which a stop may have left this far behind. */
const LOOKED_AT_DAYS = ARRIVAL_DAYS + GIVE_UP_DAYS;
const DAY_MS = 24 * 3_600_000;

/** Reads when partitions of a dataset have come until `now`, and returns which are expected, and by when. */
export async function readExpectation(
  db: Queryable,
  { name, checks, schedule }: CheckedDataset,
  now: Date,
): Promise<KnownArrivals> {
  const today = hourAt(now);
  const from = partitionOf(today - LOOKED_AT_DAYS * HOURS_A_DAY).date;
  const come = await readArrivals(db, name, from, partitionOf(today + HOURS_A_DAY).date);
  const arrivals = come
    .filter(({ arrivedAt }) => arrivedAt <= now)
    .map(({ partition, arrivedAt }) => ({ hour: hourOf(partition), at: arrivedAt.getTime() }));
  return { arrivals, expectation: expectArrivals(arrivals, checks.arrival, intervalOf(schedule, now)), from };
}

/** Returns a function that reads what is expected of a dataset at an instant. */
export function createExpectationReader({
  pool,
  datasets,
  dataChecks,
}: Pick<SchedulerContext, "pool" | "datasets" | "dataChecks">): (
  name: DatasetName,
  now: Date,
) => Promise<Expectation | undefined> {
  return async (name, now) => {
    const checks = dataChecks.get(name);
    const schedule = (await readSchedules(pool, datasets.all)).find(({ job }) => job === name);
    if (checks === undefined || schedule === undefined) return undefined;
    return (await readExpectation(pool, { name, checks, schedule }, now)).expectation;
  };
}

/** Returns the time between two ticks of a job: a file is noticed by the next one. A schedule that cannot be read counts as daily. */
function intervalOf(schedule: StoredSchedule, now: Date): number {
  try {
    const last = previousTick(schedule, now);
    return nextTick(schedule, last).getTime() - last.getTime();
  } catch {
    return DAY_MS;
  }
}
