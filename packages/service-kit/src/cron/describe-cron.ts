import cronstrue from "cronstrue";
import { parseCron } from "./parse-cron.js";

/** Returns a cron pattern in plain English, with times from 00:00 to 23:59: `At 01:00, every day`. Null where there are no words for it. */
export function describeCron(cron: string): string | null {
  try {
    parseCron(cron);
    const texts = cron.trim().split(/\s+/);
    const fields = FIELDS.slice(FIELDS.length - texts.length).map((field, i) => spellOut(texts[i] ?? "", field));
    const [day, weekday] = [fields.length - 3, fields.length - 1];
    if ([texts[day], texts[weekday]].some((text) => text === ANY || text === "?")) return describe(fields.join(" "));
    if (fields[day] === ANY || fields[weekday] === ANY)
      return describe(fields.with(day, ANY).with(weekday, ANY).join(" "));
    // Where both are restricted, either is enough; in one sentence it would read as if both were needed.
    const [byDay, byWeekday] = [weekday, day].map((left) => describe(fields.with(left, ANY).join(" ")));
    return `${byDay}, or ${byWeekday?.charAt(0).toLowerCase()}${byWeekday?.slice(1)}`;
  } catch {
    return null;
  }
}

const ANY = "*";

interface SpelledField {
  readonly least: number;
  readonly greatest: number;
  /** Whether steps of the whole field come in equal distances beyond its end, too. */
  readonly isCyclic: boolean;
  readonly names?: readonly string[];
}

const SIXTY: SpelledField = { least: 0, greatest: 59, isCyclic: true };
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
/** Seconds, minutes, hours, days of the month, months and days of the week. */
const FIELDS: readonly SpelledField[] = [
  SIXTY,
  SIXTY,
  { least: 0, greatest: 23, isCyclic: true },
  { least: 1, greatest: 31, isCyclic: false },
  { least: 1, greatest: 12, isCyclic: true, names: MONTHS },
  { least: 0, greatest: 6, isCyclic: false, names: WEEKDAYS },
];

/**
 * Spells out what words would repeat or get wrong: lists have each value once, and steps that are not of equal distance become a list.
 * The pattern is one that was understood.
 */
function spellOut(text: string, field: SpelledField): string {
  const items = text.split(",");
  if (items.some((item) => /^L$|^(?:\d|[A-Z]{3})(?:L$|#)/i.test(item))) {
    return [
      ...new Set(
        items.map((item) => item.replace(/^(?:\d|[A-Z]{3})(?=$|L$|#)/i, (value) => `${readValue(value, field)}`)),
      ),
    ].join();
  }
  const size = field.greatest - field.least + 1;
  const [, range = "", step] = /^([^/,]+)(?:\/(\d+))?$/.exec(text) ?? [];
  if (text === "?" || (range === ANY && field.isCyclic && size % Number(step ?? 1) === 0)) return text;
  const values = new Set(items.flatMap((item) => valuesOf(item, field)));
  if (values.size === size) return ANY;
  const isRange = range !== "" && step === undefined;
  return isRange && values.size > 1 ? text : [...values].sort((a, b) => a - b).join();
}

function valuesOf(item: string, field: SpelledField): number[] {
  const [range = "", step] = item.split("/");
  const [from = "", to] = range === ANY ? [`${field.least}`, `${field.greatest}`] : range.split("-");
  const first = readValue(from, field);
  const alone = step === undefined ? first : field.greatest;
  // A range of days may end on 7, which is Sunday, too.
  const last =
    to === "7" && field.names === WEEKDAYS ? 7 : to === undefined ? Math.max(first, alone) : readValue(to, field);
  const values: number[] = [];
  for (let value = first; value <= last; value += Number(step ?? 1)) values.push(value);
  return field.names === WEEKDAYS ? values.map((value) => value % WEEKDAYS.length) : values;
}

function readValue(text: string, field: SpelledField): number {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return field.least + named;
  return field.names === WEEKDAYS ? Number(text) % WEEKDAYS.length : Number(text);
}

function describe(cron: string): string {
  const words = inWords(cron, false);
  // Without a day, a time of the day reads as if it came once.
  return /^At \d\d:\d\d(?::\d\d)?$/.test(words) ? inWords(cron, true) : words;
}

function inWords(cron: string, verbose: boolean): string {
  return cronstrue.toString(cron, { use24HourTimeFormat: true, verbose });
}
