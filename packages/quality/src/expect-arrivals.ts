import { type ArrivalRule, weekdayName } from "./arrival-rule.js";
import { HOUR_MS, HOURS_A_DAY, hourOfDay } from "./partition-hours.js";

/** When a partition's first file came, in milliseconds since 1970. */
export interface Arrival {
  readonly hour: number;
  readonly at: number;
}

/** Which partitions are to come, and until when. */
export interface Expectation {
  isExpected(hour: number): boolean;
  /** The first hour that has come in time: nothing is expected before it. */
  readonly from: number;
  /** After the end of a partition's hour, in milliseconds. */
  readonly lateAfterMs: number;
  readonly missingAfterMs: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = HOURS_A_DAY * HOUR_MS;
const WEEK = 7 * HOURS_A_DAY;
/** What comes later than this after its hour is history that is loaded, and says nothing of when files come. */
const LIVE_MS = 2 * DAY_MS;
/** How far back arrivals are learnt from. */
export const ARRIVAL_DAYS = 28;
/** Of the days that are looked at, on so many must a partition have come at an hour for it to be expected every day. */
const REGULAR = 0.8;
const LEAST_SLACK_MS = 30 * MINUTE_MS;
const LEAST_MISSING_MS = 3 * HOUR_MS;
const SLOWEST_PART = 0.95;

/**
 * Returns what is expected of a dataset: what the rule states, and otherwise what was learnt from its arrivals. An hour is expected
 * every day at which partitions came on four days of five in the last two whole weeks (or the first one), and on a weekday on which
 * they came in each of the last three. Deadlines are the slowest usual delay, and some slack by how often the dataset's job runs.
 * What is looked at ends with the last arrival: during a stop nothing is unlearnt. Undefined where nothing is
 * expected, as before the first delivery.
 */
export function expectArrivals(
  arrivals: readonly Arrival[],
  { expected, lateAfterMinutes, missingAfterMinutes }: ArrivalRule,
  intervalMs: number,
): Expectation | undefined {
  if (expected === "never") return undefined;
  const live = arrivals.filter(({ hour, at }) => at - endOf(hour) <= LIVE_MS).sort((a, b) => a.hour - b.hour);
  const delay = slowest(live.map(({ hour, at }) => Math.max(0, at - endOf(hour))));
  const lateAfterMs = minutes(lateAfterMinutes) ?? delay + Math.max(LEAST_SLACK_MS, intervalMs / 4);
  const missingAfterMs = Math.max(
    lateAfterMs,
    minutes(missingAfterMinutes) ?? lateAfterMs + Math.max(LEAST_MISSING_MS, intervalMs),
  );
  const deadlines = { lateAfterMs, missingAfterMs };
  const [first, last] = [live[0]?.hour, live.at(-1)?.hour];
  if (first === undefined || last === undefined) return undefined;
  if (expected !== undefined) {
    const days = expected.weekdays;
    const isExpected = (hour: number) =>
      expected.hours.includes(hourOfDay(hour)) && (days === undefined || days.includes(weekdayName(weekdayOf(hour))));
    return { isExpected, from: first, ...deadlines };
  }
  const isExpected = learnHours(live, last);
  return isExpected === undefined ? undefined : { isExpected, from: first, ...deadlines };
}

function learnHours(live: readonly Arrival[], last: number): ((hour: number) => boolean) | undefined {
  const hours = new Set(live.map(({ hour }) => hour));
  const weeks = Math.floor((last - (live[0]?.hour ?? last) + 1) / WEEK);
  if (weeks === 0) return undefined;
  const days = 7 * Math.min(weeks, 2);
  const daily = new Set<number>();
  const weekly = new Set<number>();
  for (let back = 0; back < WEEK; back += 1) {
    const hour = last - back;
    const came = countBack(hours, hour, HOURS_A_DAY, days);
    if (back < HOURS_A_DAY && came >= REGULAR * days) daily.add(hourOfDay(hour));
    if (weeks >= 3 && countBack(hours, hour, WEEK, 3) === 3) weekly.add(hourOfWeek(hour));
  }
  if (daily.size === 0 && weekly.size === 0) return undefined;
  return (hour) => daily.has(hourOfDay(hour)) || weekly.has(hourOfWeek(hour));
}

function countBack(hours: ReadonlySet<number>, from: number, step: number, times: number): number {
  let came = 0;
  for (let i = 0; i < times; i += 1) if (hours.has(from - i * step)) came += 1;
  return came;
}

function slowest(delays: readonly number[]): number {
  const sorted = [...delays].sort((a, b) => a - b);
  return sorted[Math.ceil(SLOWEST_PART * sorted.length) - 1] ?? 0;
}

function endOf(hour: number): number {
  return (hour + 1) * HOUR_MS;
}

function hourOfWeek(hour: number): number {
  return ((hour % WEEK) + WEEK) % WEEK;
}

/** Returns the weekday of an hour, 0 for Sunday: 1970 began on a Thursday. */
function weekdayOf(hour: number): number {
  return (Math.floor(hour / HOURS_A_DAY) + 4) % 7;
}

function minutes(stated: number | undefined): number | undefined {
  return stated === undefined ? undefined : stated * MINUTE_MS;
}
