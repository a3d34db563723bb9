import type { DatasetName } from "@lethe/contracts/datasets";
import type { Freshness } from "@lethe/contracts/overview";
import type { Expectation } from "@lethe/quality/expect-arrivals";
import { HOUR_MS, HOURS_A_DAY, hourAt, hourOf, partitionOf } from "@lethe/quality/partition-hours";
import { boundsOf } from "@lethe/quality/quality-rule";
import type { Queryable } from "@lethe/warehouse/pool";
import type { WaitedFor } from "@lethe/warehouse/quality/late-partitions";
import { readNewestPartition } from "@lethe/warehouse/quality/partition-stats";
import type { CheckedDataset } from "../quality/checked-dataset.js";
import { partitionName } from "../quality/partition-name.js";
import { readExpectation } from "../quality/read-expectation.js";

/** How far ahead the next partition is looked for: one that comes on a weekday comes within a week. */
const LOOK_AHEAD_HOURS = 8 * HOURS_A_DAY;

/** Returns whether a dataset has what is expected of it, as the checks see it, but for when it was loaded last. */
export async function readFreshness(
  db: Queryable,
  dataset: CheckedDataset,
  waitedFor: ReadonlyMap<DatasetName, WaitedFor>,
  now: Date,
): Promise<Omit<Freshness, "lastLoadedAt">> {
  const { name, checks } = dataset;
  const newest = await readNewestPartition(db, name, partitionOf(hourAt(now) + HOURS_A_DAY).date);
  const { arrivals, expectation } = await readExpectation(db, dataset, now);
  const late = waitedFor.get(name);
  const next = late === undefined ? nextOf(expectation, new Set(arrivals.map(({ hour }) => hour)), now) : undefined;
  const ages = checks.freshness.flatMap(({ operators }) => boundsOf(operators).most ?? []);
  const dueByAge = newest === undefined ? [] : ages.map((hours) => (hourOf(newest) + 1 + hours) * HOUR_MS);
  const dueAt = Math.min(late?.dueAt.getTime() ?? next?.dueAt ?? Number.POSITIVE_INFINITY, ...dueByAge);
  const waited = late?.first ?? (next === undefined ? undefined : partitionOf(next.hour));
  return {
    newestPartition: newest === undefined ? null : partitionName(newest),
    nextPartition: waited === undefined ? null : partitionName(waited),
    deadline: Number.isFinite(dueAt) ? new Date(dueAt).toISOString() : null,
    late: late !== undefined || dueAt < now.getTime(),
    latePartitions: late?.late ?? 0,
    missingPartitions: late?.missing ?? 0,
  };
}

/** Returns the first hour that is expected, has not come and is not due yet, with when it will be. */
function nextOf(
  expectation: Expectation | undefined,
  come: ReadonlySet<number>,
  now: Date,
): { readonly hour: number; readonly dueAt: number } | undefined {
  if (expectation === undefined) return undefined;
  const { isExpected, lateAfterMs, from } = expectation;
  const first = Math.max(from, Math.floor((now.getTime() - lateAfterMs) / HOUR_MS));
  for (let hour = first; hour < first + LOOK_AHEAD_HOURS; hour += 1) {
    if (isExpected(hour) && !come.has(hour)) return { hour, dueAt: (hour + 1) * HOUR_MS + lateAfterMs };
  }
  return undefined;
}
