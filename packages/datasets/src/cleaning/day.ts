import { parseTimestamp } from "./timestamp.js";

/** Returns the beginning of an instant's day in UTC, as ISO 8601; null for what is no instant. */
export function dayOf(instant: unknown): string | null {
  const parsed = typeof instant === "string" ? parseTimestamp(instant) : undefined;
  const time = parsed === undefined ? Number.NaN : Date.parse(parsed);
  return Number.isNaN(time) ? null : `${new Date(time).toISOString().slice(0, 10)}T00:00:00Z`;
}
