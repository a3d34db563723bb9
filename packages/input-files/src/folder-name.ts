import type { DatasetName } from "@lethe/contracts/datasets";
import { isCalendarDate } from "@lethe/contracts/partition";
import { plainName } from "./plain-name.js";

/** What the folders on the way to a file say. */
export interface FolderPlace {
  readonly year?: string;
  readonly month?: string;
  /** `YYYY-MM-DD` */
  readonly date?: string;
  readonly hour?: number;
  readonly dataset?: DatasetName;
}

/**
 * Returns what is known in a folder, from what is known in the folder above it and its name: `date=2022-01-31`, `hour=05`,
 * or nearly that. `Date=2022-1-31`, `dt=20220131`, `2022-01-31`, `year=2022/month=1/day=31`, `2022/01/31/05`, `HOUR=5`, and a
 * folder named after a dataset are understood. Returns undefined for a name that says nothing, contradicts itself (a date
 * that is not in the calendar), or says again what is known.
 */
export function enterFolder(
  place: FolderPlace,
  name: string,
  datasetOf: (name: string) => DatasetName | undefined,
): FolderPlace | undefined {
  const { key, value } = readName(name);
  if (key === "" || DATASET_KEYS.has(key)) {
    const dataset = datasetOf(key === "" ? name : value);
    if (dataset !== undefined) return place.dataset === undefined ? { ...place, dataset } : undefined;
  }
  if (place.date !== undefined) return withHour(place, key, value);
  if (place.month !== undefined) return withDay(place, key, value);
  if (place.year !== undefined) return withMonth(place, key, value);
  return withDate(place, key, value) ?? withYear(place, key, value);
}

interface ReadName {
  /** What stands before `=`; empty for a name without. */
  readonly key: string;
  readonly value: string;
}

/** The names of hours come again in every day. */
const known = new Map<string, ReadName>();
const MOST_KNOWN = 1_000;

function readName(name: string): ReadName {
  const before = known.get(name);
  if (before !== undefined) return before;
  const [, key = "", value = ""] = /^(?:([a-z_]+) *= *)?(.*)$/.exec(plainName(name)) ?? [];
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(name, { key, value });
  return { key, value };
}

const DATASET_KEYS: ReadonlySet<string> = new Set(["dataset", "table", "entity", "type", "topic"]);
const DATE_KEYS: ReadonlySet<string> = new Set(["", "date", "dt", "ds", "day"]);
const YEAR_KEYS: ReadonlySet<string> = new Set(["", "year", "y", "yyyy"]);
const MONTH_KEYS: ReadonlySet<string> = new Set(["", "month", "mon", "m", "mm"]);
const DAY_KEYS: ReadonlySet<string> = new Set(["", "day", "d", "dd"]);
const HOUR_KEYS: ReadonlySet<string> = new Set(["", "hour", "hr", "h", "hh"]);

const DATE =
  /^((?:19|20)\d{2})(?:([-_./]?)(\d{2})\2(\d{2})|[-_./](\d{1,2})[-_./](\d{1,2}))(?:[t ](\d{2})(?::?00)*z?)?$/;

/** A date has its year first: of 01-02-2022 nobody knows the month. */
function withDate(place: FolderPlace, key: string, value: string): FolderPlace | undefined {
  if (key === "date" && isCalendarDate(value)) return { ...place, date: value };
  const match = DATE_KEYS.has(key) ? DATE.exec(value) : null;
  if (match === null) return undefined;
  const [, year, , month, day, shortMonth, shortDay, hour] = match;
  return dated(place, `${year}-${twoDigits(month ?? shortMonth)}-${twoDigits(day ?? shortDay)}`, hour);
}

function withYear(place: FolderPlace, key: string, value: string): FolderPlace | undefined {
  return YEAR_KEYS.has(key) && /^(?:19|20)\d{2}$/.test(value) ? { ...place, year: value } : undefined;
}

function withMonth(place: FolderPlace, key: string, value: string): FolderPlace | undefined {
  const isMonth = MONTH_KEYS.has(key) && isNumber(key, value) && Number(value) >= 1 && Number(value) <= 12;
  return isMonth ? { ...place, month: twoDigits(value) } : undefined;
}

function withDay(place: FolderPlace, key: string, value: string): FolderPlace | undefined {
  if (!DAY_KEYS.has(key) || !isNumber(key, value)) return undefined;
  return dated(place, `${place.year}-${place.month}-${twoDigits(value)}`, undefined);
}

function withHour(place: FolderPlace, key: string, value: string): FolderPlace | undefined {
  const hour = value.includes(":") ? value.replace(/:00(?::00)?$/, "") : value;
  const isHour = place.hour === undefined && HOUR_KEYS.has(key) && isNumber(key, hour) && Number(hour) <= 23;
  return isHour ? { ...place, hour: Number(hour) } : undefined;
}

function dated(place: FolderPlace, date: string, hour: string | undefined): FolderPlace | undefined {
  if (!isCalendarDate(date) || Number(hour ?? 0) > 23) return undefined;
  return { ...place, date, ...(hour !== undefined && { hour: Number(hour) }) };
}

/** A number that no key explains has both its digits. */
function isNumber(key: string, value: string): boolean {
  return key === "" ? /^\d{2}$/.test(value) : /^\d{1,2}$/.test(value);
}

function twoDigits(text: string | undefined): string {
  return (text ?? "").padStart(2, "0");
}
