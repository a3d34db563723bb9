import { CALENDAR_STATES, type CalendarState } from "@lethe/contracts/calendar-states";
import type { Schemas } from "../../api/client.js";

export const HOURS_A_DAY = 24;
const HOUR_MS = 3_600_000;
/** Of a dataset with partitions that are further apart, as one of the year 1 is, only days of which something is known are shown. */
const MOST_DAYS_IN_A_ROW = 4_000;

/** What is known of one hour. */
export interface Hour {
  readonly hour: number;
  readonly state: CalendarState;
  readonly files: number;
  readonly loaded: number;
  readonly rejected: number;
  readonly hasFailedCheck: boolean;
}

/** A dataset's hours, by day. Days and hours are counted from 1970. */
export interface Calendar {
  /** The days that are shown, the newest first. */
  readonly days: readonly number[];
  /** The oldest hour and the newest one of these days. */
  readonly first: number;
  readonly last: number;
  /** The hours of which anything is known, the newest first. */
  readonly hours: readonly number[];
  at(hour: number): Hour | undefined;
  /** Returns the place of an hour's day among the days; -1 where it is not shown. */
  rowOf(hour: number): number;
  readonly counts: ReadonlyMap<CalendarState, number>;
}

/** Builds the calendar of a dataset from the API's columns. */
export function buildCalendar(columns: Schemas["PartitionCalendar"]): Calendar {
  const { hours, states, files, loaded, rejected } = columns;
  const failed = new Set(columns.failedChecks);
  const placeOf = new Map(hours.map((hour, place) => [hour, place]));
  const days = daysOf(hours);
  const rows = new Map(days.map((day, row) => [day, row]));
  const counts = new Map<CalendarState, number>();
  const stateAt = (place: number) => CALENDAR_STATES[states[place] as keyof typeof CALENDAR_STATES];
  for (let place = 0; place < hours.length; place += 1) {
    counts.set(stateAt(place), (counts.get(stateAt(place)) ?? 0) + 1);
  }
  return {
    days,
    first: (days.at(-1) ?? 0) * HOURS_A_DAY,
    last: (days[0] ?? 0) * HOURS_A_DAY + HOURS_A_DAY - 1,
    hours: hours.toReversed(),
    at(hour) {
      const place = placeOf.get(hour);
      if (place === undefined) return undefined;
      return {
        hour,
        state: stateAt(place),
        files: files[place] ?? 0,
        loaded: loaded[place] ?? 0,
        rejected: rejected[place] ?? 0,
        hasFailedCheck: failed.has(hour),
      };
    },
    rowOf: (hour) => rows.get(dayOf(hour)) ?? -1,
    counts,
  };
}

function daysOf(hours: readonly number[]): number[] {
  const [oldest, newest] = [hours[0], hours.at(-1)];
  if (oldest === undefined || newest === undefined) return [];
  const [first, last] = [dayOf(oldest), dayOf(newest)];
  if (last - first < MOST_DAYS_IN_A_ROW) return Array.from({ length: last - first + 1 }, (_, i) => last - i);
  return [...new Set(hours.map(dayOf))].reverse();
}

/** Returns the day that an hour is of. */
export function dayOf(hour: number): number {
  return Math.floor(hour / HOURS_A_DAY);
}

/** Returns an hour's place in its day, from 0 to 23. */
function hourOfDay(hour: number): number {
  return hour - dayOf(hour) * HOURS_A_DAY;
}

/** Returns the name of an hour's partition: `2020-01-31T05`. */
export function nameOfHour(hour: number): string {
  return new Date(hour * HOUR_MS).toISOString().slice(0, 13);
}

/** Returns the hour of a partition's name; undefined for any other text. */
export function hourNamed(name: string | undefined): number | undefined {
  if (name === undefined || !/^\d{4}-\d{2}-\d{2}T\d{2}$/.test(name)) return undefined;
  const at = Date.parse(`${name}:00:00Z`);
  return Number.isNaN(at) ? undefined : at / HOUR_MS;
}

/** A week of rows, as Page Up and Page Down move. */
const PAGE_ROWS = 7;

/** Returns the hour that a key moves to, within the days that are shown; undefined for a key that moves nowhere. */
export function moveBy(calendar: Calendar, from: number, key: string, hasControl = false): number | undefined {
  const row = calendar.rowOf(from);
  const inRow = (place: number, hour: number) => {
    const day = calendar.days[Math.min(Math.max(place, 0), calendar.days.length - 1)] ?? 0;
    return day * HOURS_A_DAY + hour;
  };
  switch (key) {
    case "ArrowLeft":
      return hourOfDay(from) > 0 ? from - 1 : inRow(row + 1, row + 1 < calendar.days.length ? HOURS_A_DAY - 1 : 0);
    case "ArrowRight":
      return hourOfDay(from) < HOURS_A_DAY - 1 ? from + 1 : inRow(row - 1, row > 0 ? 0 : HOURS_A_DAY - 1);
    case "ArrowUp":
      return inRow(row - 1, hourOfDay(from));
    case "ArrowDown":
      return inRow(row + 1, hourOfDay(from));
    case "PageUp":
      return inRow(row - PAGE_ROWS, hourOfDay(from));
    case "PageDown":
      return inRow(row + PAGE_ROWS, hourOfDay(from));
    case "Home":
      return hasControl ? calendar.first : inRow(row, 0);
    case "End":
      return hasControl ? calendar.last : inRow(row, HOURS_A_DAY - 1);
    default:
      return undefined;
  }
}

/** Returns the ends of a selection in the order of time. */
export function rangeOf(one: number, other: number): { readonly from: number; readonly to: number } {
  return { from: Math.min(one, other), to: Math.max(one, other) };
}
