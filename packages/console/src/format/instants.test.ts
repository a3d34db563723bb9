import { expect, it } from "vitest";
import { formatDistance, formatInstant } from "./instants.js";

const NOW = Date.parse("2026-11-28T10:00:00Z");

it.each([
  ["2026-11-28T10:00:00Z", "now"],
  ["2026-11-28T09:59:30Z", "30 seconds ago"],
  ["2026-11-28T07:00:00Z", "3 hours ago"],
  ["2026-11-27T10:00:00Z", "yesterday"],
  ["2026-12-05T10:00:00Z", "in 7 days"],
])("shows %s as %s", (instant, shown) => {
  expect(formatDistance(instant, NOW)).toBe(shown);
});

it("names the zone of an instant", () => {
  expect(formatInstant("2026-11-28T10:00:00Z")).toMatch(/^2[789] Nov 2026, \d\d:\d\d:00 \S+/);
});
