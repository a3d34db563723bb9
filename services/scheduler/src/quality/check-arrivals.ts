import { decideArrivals, GIVE_UP_DAYS, type WaitedFor } from "@lethe/quality/decide-arrivals";
import { ARRIVAL_DAYS, expectArrivals } from "@lethe/quality/expect-arrivals";
import { HOURS_A_DAY, hourAt, hourOf, partitionOf } from "@lethe/quality/partition-hours";
import { nextTick, previousTick } from "@lethe/service-kit/cron/ticks";
import type { StoredSchedule } from "@lethe/warehouse/ledger/schedules";
import type { Client } from "@lethe/warehouse/pool";
import { extendAlert, openAlert } from "@lethe/warehouse/quality/alerts";
import { addLate, changeLate, readLate } from "@lethe/warehouse/quality/late-partitions";
import { readStats } from "@lethe/warehouse/quality/partition-stats";
import type { CheckedDataset } from "./checked-dataset.js";
import { partitionName } from "./partition-name.js";

/** What is learnt ends with the last arrival, which a stop may have left this far behind. */
const LOOKED_AT_DAYS = ARRIVAL_DAYS + GIVE_UP_DAYS;
const DAY_MS = 24 * 3_600_000;

/** Finds the partitions of a dataset that have not come in time, and those that have come since. */
export async function checkArrivals(
  client: Client,
  { name, checks, schedule }: CheckedDataset,
  now: Date,
): Promise<void> {
  const today = hourAt(now);
  const from = partitionOf(today - LOOKED_AT_DAYS * HOURS_A_DAY).date;
  const stats = await readStats(client, name, from, partitionOf(today + HOURS_A_DAY).date);
  const arrivals = stats
    .filter(({ arrivedAt }) => arrivedAt <= now)
    .map(({ partition, arrivedAt }) => ({ hour: hourOf(partition), at: arrivedAt.getTime() }));
  const late = await readLate(client, name, from);
  const waitedFor = late.flatMap(({ partition, state, dueAt, missingAt, alertId }): WaitedFor[] =>
    state === "late" || state === "missing"
      ? [{ hour: hourOf(partition), state, dueAt: dueAt.getTime(), missingAt: missingAt.getTime(), alertId }]
      : [],
  );
  const { newlyLate, changed } = decideArrivals(
    expectArrivals(arrivals, checks.arrival, intervalOf(schedule, now)),
    new Set(arrivals.map(({ hour }) => hour)),
    waitedFor,
    new Set(late.map(({ partition }) => hourOf(partition))),
    now.getTime(),
  );
  for (const { hour, state } of changed) {
    await changeLate(client, name, partitionOf(hour), state, now);
  }
  const opened = new Map<number, string>();
  for (const { hour, dueAt, missingAt, joins } of newlyLate) {
    const partition = partitionOf(hour);
    const id = "alertId" in joins ? joins.alertId : opened.get(joins.gap);
    const alertId = id ?? (await open(client, name, partitionName(partition), new Date(dueAt), now));
    if (id !== undefined) await extendAlert(client, id, partitionName(partition));
    if ("gap" in joins) opened.set(joins.gap, alertId);
    await addLate(client, name, { partition, dueAt: new Date(dueAt), missingAt: new Date(missingAt), alertId });
  }
}

function open(client: Client, dataset: string, partition: string, dueAt: Date, now: Date): Promise<string> {
  const message = `Partition ${partition} of ${dataset} has not come; it was due by ${dueAt.toISOString()}.`;
  return openAlert(client, { dataset, kind: "arrival", cause: `arrival ${partition}`, message, partition }, now);
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
