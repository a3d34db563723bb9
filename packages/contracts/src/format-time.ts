import { DEFAULT_TIMEZONE } from "./schedules.js";

const parts = new Intl.DateTimeFormat("en-GB", {
  timeZone: DEFAULT_TIMEZONE,
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
});

/**
 * Formats a timestamp for people, in the time zone of the jobs' schedules and with its name: `2022-03-01 02:00:00 CET`. JSON and CSV keep
 * the timestamp as it is.
 */
export function formatTime(timestamp: string): string {
  const found = new Map(parts.formatToParts(new Date(timestamp)).map(({ type, value }) => [type, value]));
  const of = (...types: Intl.DateTimeFormatPartTypes[]) => types.map((type) => found.get(type) ?? "");
  return [of("year", "month", "day").join("-"), of("hour", "minute", "second").join(":"), ...of("timeZoneName")].join(
    " ",
  );
}

/** Formats the day of a timestamp, in the same time zone: `2022-03-01`. */
export function formatDay(timestamp: string): string {
  return formatTime(timestamp).slice(0, 10);
}
