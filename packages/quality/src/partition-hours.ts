import type { Partition } from "@lethe/contracts/partition";

export const HOUR_MS = 3_600_000;
export const HOURS_A_DAY = 24;

/** Returns a partition as the number of its hour since 1970 began, so that partitions can be counted with. */
export function hourOf({ date, hour }: Partition): number {
  return Date.parse(`${date}T00:00:00Z`) / HOUR_MS + hour;
}

/** The first and the last hour of the dates that are written with four digits of a year, which PostgreSQL reads, too. */
const FIRST_HOUR = hourOf({ date: "0001-01-01", hour: 0 });
const LAST_HOUR = hourOf({ date: "9999-12-31", hour: 23 });

/** Returns the partition of an hour's number, or the first or last one that a folder can name where the hour lies beyond. */
export function partitionOf(hour: number): Partition {
  const named = Math.min(Math.max(hour, FIRST_HOUR), LAST_HOUR);
  const date = new Date(named * HOUR_MS).toISOString().slice(0, 10);
  return { date, hour: hourOfDay(named) };
}

/** Returns the hour of the day, 0 to 23, of an hour's number. */
export function hourOfDay(hour: number): number {
  return ((hour % HOURS_A_DAY) + HOURS_A_DAY) % HOURS_A_DAY;
}

/** Returns the number of the hour that an instant lies in. */
export function hourAt(instant: Date): number {
  return Math.floor(instant.getTime() / HOUR_MS);
}
