import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildCalendar, hourNamed, moveBy, nameOfHour, rangeOf } from "./calendar.js";

const DAY = Date.parse("2026-03-20T00:00:00Z") / 86_400_000;
const at = (day: number, hour: number) => (DAY + day) * 24 + hour;

function calendarOf(hours: readonly number[], states = "l".repeat(hours.length), failedChecks: readonly number[] = []) {
  const each = hours.map((_, i) => i);
  return buildCalendar({
    dataset: "customers",
    hours: [...hours],
    states,
    files: each,
    loaded: each,
    rejected: each,
    failedChecks: [...failedChecks],
  });
}

describe("buildCalendar", () => {
  it("has a row for each day between the first and the last, the newest first", () => {
    const calendar = calendarOf([at(0, 5), at(2, 7)], "lp", [at(2, 7)]);
    expect(calendar.days).toEqual([DAY + 2, DAY + 1, DAY]);
    expect([calendar.first, calendar.last]).toEqual([at(0, 0), at(2, 23)]);
    expect(calendar.at(at(2, 7))).toEqual({
      ...{ hour: at(2, 7), state: "partly_rejected", files: 1, loaded: 1, rejected: 1 },
      hasFailedCheck: true,
    });
    expect(calendar.at(at(1, 7))).toBeUndefined();
    expect([...calendar.counts]).toEqual([
      ["loaded", 1],
      ["partly_rejected", 1],
    ]);
  });

  it("leaves out the days between, where a partition lies centuries behind", () => {
    expect(calendarOf([at(-500_000, 0), at(0, 1), at(0, 2), at(1, 0)]).days).toEqual([DAY + 1, DAY, DAY - 500_000]);
  });

  it("has no day where nothing is known", () => {
    expect(calendarOf([])).toMatchObject({ days: [], hours: [] });
  });
});

describe("moveBy", () => {
  const calendar = calendarOf([at(0, 5), at(20, 7)]);
  it.each([
    ["ArrowLeft", at(5, 3), at(5, 2)],
    ["ArrowLeft", at(5, 0), at(4, 23)],
    ["ArrowRight", at(5, 23), at(6, 0)],
    ["ArrowUp", at(5, 3), at(6, 3)],
    ["ArrowDown", at(5, 3), at(4, 3)],
    ["PageUp", at(5, 3), at(12, 3)],
    ["PageDown", at(5, 3), at(0, 3)],
    ["Home", at(5, 3), at(5, 0)],
    ["End", at(5, 3), at(5, 23)],
    ["ArrowLeft", at(0, 0), at(0, 0)],
    ["ArrowRight", at(20, 23), at(20, 23)],
    ["ArrowUp", at(20, 4), at(20, 4)],
  ])("%s leads from %d to %d", (key, from, to) => {
    expect(moveBy(calendar, from, key)).toBe(to);
  });

  it("goes to the oldest and the newest hour with Control", () => {
    expect(moveBy(calendar, at(5, 3), "Home", true)).toBe(at(0, 0));
    expect(moveBy(calendar, at(5, 3), "End", true)).toBe(at(20, 23));
  });

  it("leaves other keys alone", () => {
    expect(moveBy(calendar, at(5, 3), "a")).toBeUndefined();
  });

  it("never leaves the days that are shown", () => {
    const keys = fc.constantFrom(
      ...["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"],
    );
    fc.assert(
      fc.property(fc.array(keys), (pressed) => {
        let cursor = at(10, 10);
        for (const key of pressed) cursor = moveBy(calendar, cursor, key) ?? cursor;
        expect(calendar.rowOf(cursor)).not.toBe(-1);
      }),
    );
  });
});

it("names hours as partitions are named", () => {
  expect(nameOfHour(at(0, 5))).toBe("2026-03-20T05");
  expect(hourNamed("2026-03-20T05")).toBe(at(0, 5));
  expect(hourNamed("2026-03-20")).toBeUndefined();
  expect(hourNamed("2026-13-20T05")).toBeUndefined();
});

it("puts the ends of a selection in order", () => {
  expect(rangeOf(at(1, 0), at(0, 0))).toEqual({ from: at(0, 0), to: at(1, 0) });
});
