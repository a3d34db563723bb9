import { expect, it } from "vitest";
import { hourOf, partitionOf } from "./partition-hours.js";

const FIRST = { date: "0001-01-01", hour: 0 };
const LAST = { date: "9999-12-31", hour: 23 };

it.each([FIRST, LAST, { date: "1969-12-31", hour: 23 }, { date: "2026-03-29", hour: 2 }])(
  "$date, $hour is the same partition again",
  (partition) => {
    expect(partitionOf(hourOf(partition))).toEqual(partition);
  },
);

it("names no partition that no folder can name, and no date that PostgreSQL cannot read", () => {
  expect(partitionOf(hourOf(FIRST) - 56 * 24)).toEqual(FIRST);
  expect(partitionOf(hourOf(LAST) + 24)).toEqual(LAST);
});
