import { isCalendarDate } from "@lethe/contracts/partition";
import { withoutInvisible } from "@lethe/privacy/invisible-characters";
import { Temporal } from "temporal-polyfill";
import { normalisePostgresForm } from "./postgres-form.js";

/** An instant as ISO 8601 with its zone, or what is wrong with the text; the problem holds nothing of it. */
export type ParsedInstant =
  | { readonly instant: string /** Whether digits finer than a microsecond were cut. */; readonly isCut: boolean }
  | { readonly problem: string };

/** A day of the calendar as `YYYY-MM-DD`, or what is wrong with the text. */
export type ParsedDay = { readonly day: string } | { readonly problem: string };

// Nearly all instants have this form, and need no library.
const FORM = /^\d{4}-\d{2}-\d{2}[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-5]):?[0-5]\d)?$/;
const ZONE = /[Z+-]/;
/** Years whose first and last days a zone can move out of the calendar. */
const EDGE = /^(?:0001-01-01|9999-12-31)/;
/** Where, in a text of that form, the time of day begins and its whole seconds end. */
const TIME = "YYYY-MM-DDT".length;
const SECONDS_END = "YYYY-MM-DDThh:mm:ss".length;

/**
 * Reads an instant as ISO 8601, RFC 3339, RFC 9557 or PostgreSQL writes it. Without a zone it is taken as UTC, without a time
 * as the beginning of its day. It is exact to the microsecond: finer digits are cut. A leap second is the next minute's first.
 */
export function parseInstant(text: string): ParsedInstant {
  if (FORM.test(text) && !EDGE.test(text)) {
    const date = text.slice(0, TIME - 1);
    const zone = ZONE.test(text.slice(SECONDS_END)) ? "" : "Z";
    if (isCalendarDate(date)) return { instant: `${date}T${text.slice(TIME)}${zone}`, isCut: false };
  }
  const parts = readParts(text);
  return "problem" in parts ? parts : toInstant(parts);
}

/**
 * Reads a day as ISO 8601 or PostgreSQL writes it. Of an instant the day stays that it names, in the instant's own zone.
 */
export function parseDay(text: string): ParsedDay {
  if (isCalendarDate(text)) return { day: text };
  const parts = readParts(text);
  if ("problem" in parts) return parts;
  // What follows the day must be a time, or the text says something that is not understood.
  const instant = toInstant(parts);
  return "problem" in instant ? instant : { day: parts.date.toString() };
}

/** The parts of an instant's text, of which the day has been found in the calendar. */
interface InstantParts {
  readonly date: Temporal.PlainDate;
  /** Hours, minutes and seconds, as far as they are given. */
  readonly time: readonly string[];
  /** The digits behind the last of these. */
  readonly fraction: string;
  /** As ISO 8601 has it, `Z` or `+02:00`; null where there is none. */
  readonly zone: string | null;
  /** An RFC 9557 suffix, `[Europe/Zagreb]`. */
  readonly suffix: string;
}

const YEAR_MONTH_DAY = "(?<date>\\d{4}-\\d{2}-\\d{2}|\\d{8}|\\d{4}-?W\\d{2}-?\\d|\\d{4}-\\d{3}|\\d{7})";
const TIME_OF_DAY = "(?<time>\\d{2}(?::\\d{2}(?::\\d{2})?|\\d{2}(?:\\d{2})?)?)(?:[.,](?<fraction>\\d{1,30}))?";
const OFFSET = "(?: ?(?<zone>Z|UTC|GMT|[+-]\\d{2}(?::?\\d{2}(?::?\\d{2})?)?))?";
const SUFFIX = "(?<suffix>(?:\\[[^\\[\\]]{1,64}\\])*)";
const ISO = new RegExp(`^${YEAR_MONTH_DAY}(?:(?:T| +)${TIME_OF_DAY}${OFFSET}${SUFFIX})?$`, "i");

function readParts(text: string): InstantParts | { readonly problem: string } {
  const plain = withoutInvisible(text).trim().replace(/\s+/g, " ").replaceAll("\u2212", "-");
  if (/^[+-]?infinity$/i.test(plain)) return problem("is infinite: an instant has a day");
  if (/ BC$/i.test(plain) || /^(?:0000|-\d+)-/.test(plain)) return problem("lies before the year 1");
  if (/^\+?\d{5,}-\d{2}-\d{2}/.test(plain)) return problem("lies after the year 9999");
  const form = normalisePostgresForm(plain);
  if (typeof form !== "string") return form;
  const match = ISO.exec(form)?.groups;
  if (match === undefined) return problem("is not an ISO 8601 instant");
  const date = readDate(match.date ?? "");
  if (date === undefined) return NO_DAY;
  const time = match.time?.replaceAll(":", "").match(/\d{2}/g) ?? [];
  const zone = match.zone?.toUpperCase() ?? null;
  return {
    date,
    time,
    fraction: match.fraction ?? "",
    zone: zone === "UTC" || zone === "GMT" ? "Z" : zone,
    suffix: match.suffix ?? "",
  };
}

/** Reads a calendar date, a week date or an ordinal date, in basic or extended form. */
function readDate(text: string): Temporal.PlainDate | undefined {
  const year = Number(text.slice(0, 4));
  if (year === 0) return undefined;
  const rest = text.slice(4).replaceAll("-", "");
  const week = /^W(\d{2})(\d)$/i.exec(rest);
  try {
    if (week !== null) return fromWeek(year, Number(week[1]), Number(week[2]));
    if (rest.length === 3) return fromOrdinal(year, Number(rest));
    const parts = { year, month: Number(rest.slice(0, 2)), day: Number(rest.slice(2)) };
    return Temporal.PlainDate.from(parts, { overflow: "reject" });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function fromOrdinal(year: number, day: number): Temporal.PlainDate | undefined {
  const first = new Temporal.PlainDate(year, 1, 1);
  return day >= 1 && day <= first.daysInYear ? first.add({ days: day - 1 }) : undefined;
}

/** The fourth of January is always in the year's first week, which begins on a Monday. */
function fromWeek(year: number, week: number, day: number): Temporal.PlainDate | undefined {
  const fourth = new Temporal.PlainDate(year, 1, 4);
  const date = fourth.add({ days: (week - 1) * 7 + day - fourth.dayOfWeek });
  const isThere = date.yearOfWeek === year && date.weekOfYear === week && date.dayOfWeek === day;
  return isThere ? date : undefined;
}

const NANOSECONDS = { hour: 3_600_000_000_000n, minute: 60_000_000_000n, second: 1_000_000_000n } as const;
const MICROSECOND = 1_000n;

function toInstant({ date, time, fraction, zone, suffix }: InstantParts): ParsedInstant {
  const [hour = 0, minute = 0, second = 0] = time.map(Number);
  const unit = time.length > 2 ? "second" : time.length === 2 ? "minute" : "hour";
  const isLeap = second === 60;
  const isEndOfDay = hour === 24;
  const isMidnight = minute === 0 && second === 0 && !/[1-9]/.test(fraction);
  if (minute > 59 || second > 60 || hour > 24 || (isEndOfDay && !isMidnight))
    return problem("has a time that no day has");
  const offset = zone === null || zone === "Z" ? 0n : offsetOf(zone);
  if (offset === undefined) return problem("has an offset that no zone has");
  const whole =
    BigInt(hour) * NANOSECONDS.hour + BigInt(minute) * NANOSECONDS.minute + BigInt(second) * NANOSECONDS.second;
  const scale = 10n ** BigInt(fraction.length);
  const part = (BigInt(fraction === "" ? 0 : fraction) * NANOSECONDS[unit]) / scale;
  const isCut = (BigInt(fraction === "" ? 0 : fraction) * NANOSECONDS[unit]) % (scale * MICROSECOND) !== 0n;
  const midnight = date.toZonedDateTime("UTC").epochNanoseconds;
  let nanoseconds = midnight + whole + part - offset;
  if (suffix !== "") {
    const zoned = applySuffix(date, whole + part, zone, suffix);
    if (typeof zoned !== "bigint") return zoned;
    nanoseconds = zoned;
  }
  if (isLeap && (nanoseconds / NANOSECONDS.second) % 86_400n !== 0n) {
    return problem("has a second 60, which a leap second alone has, at 23:59:60 UTC");
  }
  const instant = new Temporal.Instant(nanoseconds - mod(nanoseconds, MICROSECOND)).toString();
  if (!/^\d{4}-/.test(instant) || instant.startsWith("0000"))
    return problem("lies before the year 1 or after 9999 in UTC");
  return { instant, isCut };
}

/** The offset in nanoseconds; undefined beyond the 15:59:59 that PostgreSQL takes, too. */
function offsetOf(zone: string): bigint | undefined {
  const [hours = 0, minutes = 0, seconds = 0] = (zone.slice(1).replaceAll(":", "").match(/\d{2}/g) ?? []).map(Number);
  if (hours > 15 || minutes > 59 || seconds > 59) return undefined;
  const amount = BigInt(hours * 3_600 + minutes * 60 + seconds) * NANOSECONDS.second;
  return zone.startsWith("-") ? -amount : amount;
}

/**
 * Reads a local time in the zone that RFC 9557 names behind it. Where an offset stands there too, the offset decides, unless
 * the zone is marked as critical and contradicts it.
 */
function applySuffix(
  date: Temporal.PlainDate,
  timeOfDay: bigint,
  zone: string | null,
  suffix: string,
): bigint | { readonly problem: string } {
  const offset = zone === null || zone === "Z" ? 0n : (offsetOf(zone) ?? 0n);
  const local = date.toZonedDateTime("UTC").epochNanoseconds + timeOfDay;
  const tags = [...suffix.matchAll(/\[(!?)([^[\]]+)\]/g)];
  const named = tags.find(([, , name]) => !name?.includes("="));
  const unknown = tags.find(
    ([, critical, name]) => critical === "!" && name?.includes("=") === true && !name.startsWith("u-ca="),
  );
  if (unknown !== undefined) return problem("has a critical suffix that is not known");
  if (named === undefined) return local - offset;
  const [, critical, name = ""] = named;
  if (zone !== null && critical !== "!") return local - offset;
  try {
    const wall = new Temporal.Instant(local).toZonedDateTimeISO("UTC").toPlainDateTime();
    const read = wall.toZonedDateTime(name, { disambiguation: "reject" }).epochNanoseconds;
    if (zone === null) return read;
    const said = new Temporal.Instant(local - offset);
    const isConsistent = zone === "Z" || said.toZonedDateTimeISO(name).toPlainDateTime().equals(wall);
    return isConsistent ? local - offset : problem("has an offset that its zone does not have then");
  } catch (error) {
    if (error instanceof RangeError)
      return problem("names a zone that is not known, or a time that is not one instant there");
    throw error;
  }
}

function mod(value: bigint, divisor: bigint): bigint {
  return ((value % divisor) + divisor) % divisor;
}

function problem(text: string): { readonly problem: string } {
  return { problem: text };
}

const NO_DAY = problem("names a day that the calendar does not have");
