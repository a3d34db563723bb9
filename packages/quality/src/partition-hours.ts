import type { Partition } from "@lethe/contracts/partition";

export const HOUR_MS = 3_600_000;
export const HOURS_A_DAY = 24;

/** Returns a partition as the number of its hour since 1970 began, so that partitions can be counted with. */
export function hourOf({ date, hour }: Partition): number {
  return Date.parse(`${date}T00:00:00Z`) / HOUR_MS + hour;
}

/** Returns the partition of an hour's number. */
export function partitionOf(hour: number): Partition {
  const date = new Date(hour * HOUR_MS).toISOString().slice(0, 10);
  return { date, hour: hourOfDay(hour) };
}

/** Returns the hour of the day, 0 to 23, of an hour's number. */
export function hourOfDay(hour: number): number {
  return ((hour % HOURS_A_DAY) + HOURS_A_DAY) % HOURS_A_DAY;
}

/** Returns the number of the hour that an instant lies in. */
export function hourAt(instant: Date): number {
  return Math.floor(instant.getTime() / HOUR_MS);
}
