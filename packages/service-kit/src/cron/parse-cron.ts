import { InvalidInputError } from "@lethe/contracts/errors";

/** A cron pattern that was understood as a whole, and that fires. */
export interface CronPattern {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: readonly number[];
  /** Reports whether the pattern fires on this day of one of its months. */
  isDay(day: CalendarDay): boolean;
}

export interface CalendarDay {
  readonly day: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly daysInMonth: number;
}

/**
 * Parses a cron pattern of 5 fields, or of 6 with seconds first. Each field is `*`, or a list of values, ranges and steps;
 * months and days of the week may be named. A day of the month may be `L`, the last one; a day of the week may be `5L`, the last
 * Friday, or `5#2`, the second one. `?` stands for `*` in both fields of days. Where both are restricted, either is enough.
 * Throws InvalidInputError, which names the field and shows no value, for everything else and for a pattern that never fires.
 */
export function parseCron(cron: string): CronPattern {
  const texts = cron.trim().split(/\s+/);
  if (texts[0]?.startsWith("@")) {
    throw new InvalidInputError("cron must not be a name that begins with @; write its 5 fields, such as 0 0 * * *");
  }
  if (texts.length !== 5 && texts.length !== 6) {
    throw new InvalidInputError("cron must have 5 fields, or 6 with seconds first");
  }
  const [second = "", minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = ""] =
    texts.length === 5 ? ["0", ...texts] : texts;
  const months = valuesOf(month, MONTH);
  const days = readDays(dayOfMonth, DAY_OF_MONTH);
  const weekdays = readDays(dayOfWeek, DAY_OF_WEEK);
  if (weekdays === undefined && days !== undefined && !days.isEverReached(months)) {
    throw new InvalidInputError("cron never fires: none of its months has one of its days");
  }
  return {
    seconds: valuesOf(second, SECOND),
    minutes: valuesOf(minute, MINUTE),
    hours: valuesOf(hour, HOUR),
    months,
    isDay(day) {
      if (days === undefined) return weekdays?.isDay(day) ?? true;
      return days.isDay(day) || weekdays?.isDay(day) === true;
    },
  };
}

interface Field {
  readonly name: string;
  readonly least: number;
  readonly greatest: number;
  /** Names of values, from `least` on. */
  readonly names?: readonly string[];
}

const SECOND: Field = { name: "seconds", least: 0, greatest: 59 };
const MINUTE: Field = { name: "minutes", least: 0, greatest: 59 };
const HOUR: Field = { name: "hours", least: 0, greatest: 23 };
const MONTH: Field = {
  name: "months",
  least: 1,
  greatest: 12,
  names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
const DAY_OF_MONTH: Field = { name: "days of the month", least: 1, greatest: 31 };
/** 7 is Sunday, too. */
const DAY_OF_WEEK: Field = {
  name: "days of the week",
  least: 0,
  greatest: 7,
  names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAYS_IN_WEEK = 7;

interface Days {
  isDay(day: CalendarDay): boolean;
  /** Reports whether one of these months has such a day in some year. */
  isEverReached(months: readonly number[]): boolean;
}

/** Reads a field of days; undefined for one that restricts nothing. */
function readDays(text: string, field: typeof DAY_OF_MONTH): Days | undefined {
  if (text === "*" || text === "?") return undefined;
  const plain = new Set<number>();
  const special: ((day: CalendarDay) => boolean)[] = [];
  for (const item of text.split(",")) {
    const match = field === DAY_OF_WEEK ? specialWeekday(item) : specialDayOfMonth(item);
    if (match !== undefined) special.push(match);
    else for (const value of readItem(item, field)) plain.add(field === DAY_OF_WEEK ? value % DAYS_IN_WEEK : value);
  }
  return {
    isDay: (day) => plain.has(field === DAY_OF_WEEK ? day.weekday : day.day) || special.some((matches) => matches(day)),
    isEverReached: (months) =>
      special.length > 0 || months.some((month) => (LONGEST_MONTHS[month - 1] ?? 0) >= Math.min(...plain)),
  };
}

function specialDayOfMonth(item: string): ((day: CalendarDay) => boolean) | undefined {
  return item === "L" ? ({ day, daysInMonth }) => day === daysInMonth : undefined;
}

function specialWeekday(item: string): ((day: CalendarDay) => boolean) | undefined {
  const [, name = "", kind, nth] = /^([0-7]|[A-Z]{3})(?:(L)|#([1-5]))$/i.exec(item) ?? [];
  if (kind === undefined && nth === undefined) return undefined;
  const weekday = readValue(name, DAY_OF_WEEK) % DAYS_IN_WEEK;
  if (kind !== undefined) {
    return (day) => day.weekday === weekday && day.day > day.daysInMonth - DAYS_IN_WEEK;
  }
  return (day) => day.weekday === weekday && Math.ceil(day.day / DAYS_IN_WEEK) === Number(nth);
}

function valuesOf(text: string, field: Field): number[] {
  return [...new Set(text.split(",").flatMap((item) => readItem(item, field)))].sort((a, b) => a - b);
}

/** Reads `*`, a value or a range, each with a step or without. */
function readItem(item: string, field: Field): number[] {
  const [, range = "", stepText] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(item) ?? [];
  const [first, last] = readRange(range, stepText !== undefined, field);
  if (first > last) {
    throw new InvalidInputError(
      `cron has a range among its ${field.name} that runs backwards; write its two parts with a comma between them`,
    );
  }
  const step = Number(stepText ?? 1);
  if (step < 1 || step > field.greatest - field.least + 1) {
    throw new InvalidInputError(
      `cron has a step among its ${field.name} that is 0 or longer than the field: a step never reaches past the field's end`,
    );
  }
  const values: number[] = [];
  for (let value = first; value <= last; value += step) values.push(value);
  return values;
}

function readRange(range: string, hasStep: boolean, field: Field): readonly [first: number, last: number] {
  const end = field === DAY_OF_WEEK ? DAYS_IN_WEEK - 1 : field.greatest;
  if (range === "*") return [field.least, end];
  const [from = "", to, ...more] = range.split("-");
  if (more.length > 0) throw notUnderstood(field);
  const first = readValue(from, field);
  if (to !== undefined) return [first, readValue(to, field)];
  return [first, hasStep ? Math.max(first, end) : first];
}

function readValue(text: string, field: Field): number {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return field.least + named;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= field.least && value <= field.greatest) return value;
  throw notUnderstood(field, text);
}

function notUnderstood(field: Field, text = ""): InvalidInputError {
  if (/^H(\b|\()/.test(text)) {
    return new InvalidInputError(
      `cron has an H among its ${field.name}, which stands for no fixed time; write a number of your choice instead`,
    );
  }
  const names = field.names === undefined ? "" : `, or ${field.names[0]} to ${field.names.at(-1)}`;
  return new InvalidInputError(
    `cron has something among its ${field.name} that is not understood: they are ${field.least} to ${field.greatest}${names}`,
  );
}
