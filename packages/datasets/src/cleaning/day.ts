import { parseInstant } from "./timestamp.js";

/** Returns the beginning of an instant's day in UTC, as ISO 8601; null for what is no instant. */
export function dayOf(instant: unknown): string | null {
  const parsed = typeof instant === "string" ? parseInstant(instant) : undefined;
  const time = parsed !== undefined && "instant" in parsed ? Date.parse(parsed.instant) : Number.NaN;
  return Number.isNaN(time) ? null : `${new Date(time).toISOString().slice(0, 10)}T00:00:00Z`;
}
