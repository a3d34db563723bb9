const DAY_MS = 86_400_000;

// The merge decides the same in SQL, by the database's clock: see version-age.ts.

/** Reports whether a partition (ISO 8601) begins at most a day after `now`, in milliseconds since 1970. */
export function isPlausiblePartition(partitionStart: string, now: number): boolean {
  return Date.parse(partitionStart) <= now + DAY_MS;
}

/**
 * Reports whether a day of change (`YYYY-MM-DD`, or null) can be true: it lies at most a day after the day of its partition,
 * and of `now`.
 */
export function isPlausibleChange(change: string | null, partitionStart: string, now: number): boolean {
  if (change === null) return true;
  const arrived = Math.min(Date.parse(partitionStart), now);
  return change <= new Date(arrived + DAY_MS).toISOString().slice(0, 10);
}
