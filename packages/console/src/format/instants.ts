const DAY_AND_TIME = new Intl.DateTimeFormat("en-GB", {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
});
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const RELATIVE = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" });
const STEPS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
] as const;

/** Returns an instant in the reader's own time zone, which it names: `28 Nov 2026, 10:15:00 CET`. */
export function formatInstant(instant: string): string {
  return DAY_AND_TIME.format(new Date(instant));
}

/** Returns the day of an instant in the reader's own time zone: `28 Dec`. */
export function formatDay(instant: string): string {
  return DAY.format(new Date(instant));
}

/** Returns how far an instant is from now: `3 minutes ago`, `in 2 days`, `tomorrow`. */
export function formatDistance(instant: string, now: number): string {
  const distance = new Date(instant).getTime() - now;
  const [unit, length] = STEPS.find(([, step]) => Math.abs(distance) >= step) ?? ["second", 1_000];
  return RELATIVE.format(Math.trunc(distance / length), unit);
}
