import { type CronPattern, parseCron } from "./parse-cron.js";
import { changeOfOffset, zoneOffset } from "./zone-offset.js";

/** A cron pattern and its time zone. */
export interface Cron {
  readonly cron: string;
  readonly timezone: string;
}

/**
 * Returns the first tick after an instant. A time that the clocks skip fires as much later as they are put forward; one that they
 * show twice fires the first time, and both times if the pattern fires in every hour. So no day's tick is missed or doubled.
 * Throws InvalidInputError for a pattern that is not understood, and RangeError for an unknown time zone.
 */
export function nextTick({ cron, timezone }: Cron, after: Date): Date {
  return findTick(parseCron(cron), timezone, after.getTime(), 1);
}

/** Returns the last tick before an instant. Throws as `nextTick` does. */
export function previousTick({ cron, timezone }: Cron, before: Date): Date {
  return findTick(parseCron(cron), timezone, before.getTime(), -1);
}

type Direction = 1 | -1;

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const EVERY_HOUR = 24;
/** A 29 February that is a certain day of the week comes again after 40 years at the latest. */
const MAX_DAYS = 41 * 366;

/** Looks for the tick that is next to an instant in a direction. */
function findTick(pattern: CronPattern, timezone: string, from: number, direction: Direction): Date {
  const shown = from + zoneOffset(timezone, from);
  // A skipped time fires on the day after, if it is skipped around midnight.
  let day = Math.floor(shown / DAY_MS) * DAY_MS - direction * DAY_MS;
  for (let days = 0; days < MAX_DAYS; days += 1, day += direction * DAY_MS) {
    if (!isDay(pattern, day)) continue;
    const found = tickOfDay(pattern, timezone, day, from, direction);
    if (found === undefined) continue;
    const neighbour = day + direction * DAY_MS;
    const beyond = isDay(pattern, neighbour) ? tickOfDay(pattern, timezone, neighbour, from, direction) : undefined;
    return new Date(nearest(found, beyond, direction));
  }
  throw new Error("a pattern that was checked fires in no year");
}

function isDay(pattern: CronPattern, day: number): boolean {
  const date = new Date(day);
  const month = date.getUTCMonth();
  if (!pattern.months.includes(month + 1)) return false;
  const daysInMonth = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
  return pattern.isDay({ day: date.getUTCDate(), weekday: date.getUTCDay(), daysInMonth });
}

/** Returns the tick of one calendar day that is next to an instant. Days and times of the clock are written as if in UTC. */
function tickOfDay(
  pattern: CronPattern,
  timezone: string,
  day: number,
  from: number,
  direction: Direction,
): number | undefined {
  const clock = clockOfDay(timezone, day, pattern.hours.length === EVERY_HOUR);
  let best: number | undefined;
  for (const hour of inDirection(pattern.hours, direction)) {
    const shown = day + hour * HOUR_MS;
    const [earliest, latest] = [shown - clock.most, shown + HOUR_MS - clock.least];
    if (direction === 1 ? latest <= from : earliest >= from) continue;
    if (best !== undefined && (direction === 1 ? earliest >= best : latest <= best)) break;
    for (const minute of pattern.minutes) {
      for (const second of pattern.seconds) {
        for (const instant of clock.instantsOf(shown + minute * MINUTE_MS + second * SECOND_MS)) {
          if ((instant - from) * direction > 0) best = nearest(instant, best, direction);
        }
      }
    }
  }
  return best;
}

interface Clock {
  /** The least and the greatest offset of these days. */
  readonly least: number;
  readonly most: number;
  /** Returns when something fires that is due at this time of the clock. */
  instantsOf(shown: number): readonly number[];
}

/** Returns how a zone's clocks go on a day and beside it, where they change at most once. */
function clockOfDay(timezone: string, day: number, isEveryHour: boolean): Clock {
  const [from, to] = [day - DAY_MS, day + 2 * DAY_MS];
  const before = zoneOffset(timezone, from);
  const after = zoneOffset(timezone, to);
  if (before === after) {
    return { least: before, most: before, instantsOf: (shown) => [shown - before] };
  }
  const change = changeOfOffset(timezone, from, to);
  return {
    least: Math.min(before, after),
    most: Math.max(before, after),
    instantsOf(shown) {
      const [early, late] = [shown - before, shown - after];
      if (early >= change && late >= change) return [late];
      const isShownTwice = early < change && late >= change;
      return isShownTwice && isEveryHour ? [early, late] : [early];
    },
  };
}

function inDirection(values: readonly number[], direction: Direction): readonly number[] {
  return direction === 1 ? values : [...values].reverse();
}

function nearest(one: number, other: number | undefined, direction: Direction): number {
  if (other === undefined) return one;
  return direction === 1 ? Math.min(one, other) : Math.max(one, other);
}
