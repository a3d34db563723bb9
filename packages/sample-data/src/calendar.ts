import type { Partition } from "@lethe/contracts/partition";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Returns the date, `YYYY-MM-DD`, that lies `days` (also negative) after another. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Returns all hours of the given days, in order. */
export function hoursOf(startDate: string, days: number): Partition[] {
  return Array.from({ length: days }, (_, day) => addDays(startDate, day)).flatMap((date) =>
    Array.from({ length: 24 }, (_, hour) => ({ date, hour })),
  );
}

/** How a dataset's records, numbered from 0, lie over the hours. */
export interface Spread {
  /** Number of records that stand in hours before this one. */
  before(hour: number): number;
  /** Number of records that stand in this hour or before. */
  upTo(hour: number): number;
}

/**
 * Distributes `count` records evenly over the hours in `activeHours`, starting with the first. `activeHours` holds
 * ascending indices below `hours` and must not be empty.
 */
export function spreadOver(count: number, activeHours: readonly number[], hours: number): Spread {
  const upTo = new Array<number>(hours).fill(0);
  activeHours.forEach((hour, rank) => {
    upTo.fill(Math.ceil((count * (rank + 1)) / activeHours.length), hour);
  });
  return {
    before: (hour) => upTo[hour - 1] ?? 0,
    upTo: (hour) => upTo[hour] ?? count,
  };
}
