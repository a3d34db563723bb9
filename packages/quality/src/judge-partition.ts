import type { CheckFinding, CheckMetric, PartitionCounts } from "@lethe/contracts/checks";
import { keyOf } from "./check-key.js";
import type { DatasetChecks, StatedCheck } from "./checks-file.js";
import { type Band, learnShare, learnVolume } from "./learn-band.js";
import { HOURS_A_DAY, hourOfDay } from "./partition-hours.js";
import { boundsOf, describeOperators, holds } from "./quality-rule.js";

/** What is known of the records of a partition, and of which one. */
export interface PartitionStats extends PartitionCounts {
  /** The number of its hour since 1970 began. */
  readonly hour: number;
}

/** How a partition has passed a check. */
export interface CheckOutcome extends CheckFinding {
  /** What is alerted once: the field, or the metric of the dataset as a whole. */
  readonly cause: string;
}

const MOST_SAMPLES = 14;
const WEEK = 7 * HOURS_A_DAY;
/** How far back same hours of the day, and of the week, are looked for. */
export const HISTORY_DAYS = 56;
const LEAST_WEEKS = 7;

/**
 * Holds a partition against the checks of its dataset: those that are stated, and for everything else what was learnt from the same
 * hours before it, of which `history` is in any order. Returns no outcome of a check that cannot tell yet.
 */
export function judgePartition(
  checks: Pick<DatasetChecks, "partition" | "learn" | "fields">,
  stats: PartitionStats,
  history: readonly PartitionStats[],
): CheckOutcome[] {
  const stated = checks.partition.flatMap((check) => judgeStated(check, stats));
  if (!checks.learn) return stated;
  const isStated = new Set(checks.partition.map(({ metric, property }) => keyOf(metric, property)));
  const learnt = learntMeasures(checks.fields).filter(({ key }) => !isStated.has(key));
  return [...stated, ...learnt.flatMap((measure) => judgeLearnt(measure, stats, history))];
}

/** Returns how many rows a metric counts in a partition. */
function countRows(stats: PartitionStats, metric: CheckMetric, property: string | null): number {
  switch (metric) {
    case "rowCount":
      return stats.rows;
    case "duplicateValues":
      return stats.duplicates;
    case "invalidValues":
      return property === null ? stats.faults : (stats.faultsOf[property] ?? 0);
    case "nullValues":
      return stats.nulls[property ?? ""] ?? 0;
    case "missingValues":
      return stats.missing[property ?? ""] ?? 0;
    case "freshness":
      throw new Error("freshness is no matter of one partition");
  }
}

function judgeStated({ key, metric, property, unit, operators }: StatedCheck, stats: PartitionStats): CheckOutcome[] {
  const rows = countRows(stats, metric, property);
  if (unit === "percent" && stats.rows === 0) return [];
  const value = unit === "percent" ? percentOf(rows, stats.rows) : rows;
  const passed = holds(operators, value);
  const cause = property ?? metric;
  return [
    {
      check: key,
      cause,
      metric,
      property,
      unit,
      value,
      condition: describeOperators(operators),
      ...boundsOf(operators),
      learnt: false,
      passed,
    },
  ];
}

interface LearntMeasure {
  readonly key: string;
  readonly metric: CheckMetric;
  readonly property: string | null;
  readonly count: (stats: PartitionStats) => number;
}

/** What is learnt of every dataset. A fault that is a field's is that field's matter, so that one cause is alerted once. */
function learntMeasures(fields: readonly string[]): LearntMeasure[] {
  const measure = (metric: CheckMetric, property: string | null = null): LearntMeasure => ({
    key: keyOf(metric, property),
    metric,
    property,
    count: (stats) => countRows(stats, metric, property),
  });
  const unattributed = (stats: PartitionStats) =>
    stats.faults - fields.reduce((sum, field) => sum + (stats.faultsOf[field] ?? 0), 0);
  return [
    measure("rowCount"),
    measure("duplicateValues"),
    { ...measure("invalidValues"), count: unattributed },
    ...fields.flatMap((field) => [measure("missingValues", field), measure("invalidValues", field)]),
  ];
}

function judgeLearnt(
  { key, metric, property, count }: LearntMeasure,
  stats: PartitionStats,
  history: readonly PartitionStats[],
): CheckOutcome[] {
  const cause = property ?? metric;
  const samples = chooseSamples(stats.hour, history, cause);
  const isVolume = metric === "rowCount";
  const band = isVolume
    ? learnVolume(samples.map(({ rows }) => rows))
    : learnShare(
        samples.map((sample) => ({ rows: count(sample), of: sample.rows })),
        stats.rows,
      );
  if (band === undefined) return [];
  const unit = isVolume ? "rows" : "percent";
  const value = isVolume ? stats.rows : percentOf(count(stats), stats.rows);
  // Rows that had come before have a check of their own: counted or left out, whichever is usual, they are no matter of this one.
  const passed = liesIn(band, value) || (isVolume && liesIn(band, stats.rows - stats.duplicates));
  return [
    { check: key, cause, metric, property, unit, value, condition: describeBand(band), ...band, learnt: true, passed },
  ];
}

function liesIn({ least, most }: Band, value: number): boolean {
  return (least === null || value >= least) && (most === null || value <= most);
}

/**
 * Chooses what to learn from: the last same hours of the day or, where they are nearer to each other, those of the same weekday. What
 * was alerted is left out, until it has been so for so long that it is the usual.
 */
function chooseSamples(hour: number, history: readonly PartitionStats[], cause: string): PartitionStats[] {
  const earlier = history
    .filter((other) => other.hour < hour && hourOfDay(other.hour) === hourOfDay(hour))
    .sort((a, b) => b.hour - a.hour);
  const daily = trusted(earlier.slice(0, MOST_SAMPLES), cause);
  const weekly = trusted(earlier.filter((other) => (hour - other.hour) % WEEK === 0).slice(0, MOST_SAMPLES), cause);
  return weekly.length >= LEAST_WEEKS && scatter(weekly) < scatter(daily) / 2 ? weekly : daily;
}

function trusted(samples: readonly PartitionStats[], cause: string): PartitionStats[] {
  const passed = samples.filter(({ failed }) => !failed.includes(cause));
  return passed.length >= samples.length / 2 ? passed : [...samples];
}

/** Returns how far numbers of rows are from each other, relative to their size. */
function scatter(samples: readonly PartitionStats[]): number {
  const rows = samples.map((sample) => sample.rows);
  const mean = rows.reduce((sum, n) => sum + n, 0) / rows.length;
  return rows.reduce((sum, n) => sum + Math.abs(n - mean), 0) / rows.length / Math.max(mean, 1);
}

function percentOf(rows: number, of: number): number {
  return of === 0 ? 0 : Math.round((1_000 * 100 * rows) / of) / 1_000;
}

function describeBand({ least, most }: Band): string {
  return least === null ? `must be at most ${most}` : `must be from ${least} to ${most}`;
}
