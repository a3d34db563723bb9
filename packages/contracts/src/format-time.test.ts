import { expect, it } from "vitest";
import { formatTime } from "./format-time.js";

it.each([
  ["2022-03-01T01:00:00.123Z", "2022-03-01 02:00:00 CET"],
  ["2022-07-31T22:30:00.000Z", "2022-08-01 00:30:00 CEST"],
  ["2022-10-30T00:30:00.000Z", "2022-10-30 02:30:00 CEST"],
  ["2022-10-30T01:30:00.000Z", "2022-10-30 02:30:00 CET"],
])("shows %s in one zone, with its name: %s", (timestamp, text) => {
  expect(formatTime(timestamp)).toBe(text);
});
