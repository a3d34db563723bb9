import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideArrivals, type WaitedFor } from "./decide-arrivals.js";
import { type Arrival, expectArrivals } from "./expect-arrivals.js";
import { HOUR_MS } from "./partition-hours.js";

const MINUTE = 60_000;
/** A Monday's first hour. */
const START = Date.parse("2026-03-02T00:00:00Z") / HOUR_MS;
const DAYS = (n: number) => 24 * n;

/** Every hour of so many days in time, but for those that `leaveOut` names. */
function arrivalsOf(hours: number, leaveOut: (hour: number) => boolean = () => false): Arrival[] {
  return Array.from({ length: hours }, (_none, i) => START + i)
    .filter((hour) => !leaveOut(hour))
    .map((hour) => ({ hour, at: (hour + 1) * HOUR_MS + 5 * MINUTE }));
}

const hourly = (arrivals: readonly Arrival[]) => expectArrivals(arrivals, {}, HOUR_MS);
const minutesAfter = (hour: number, minutes: number) => (hour + 1) * HOUR_MS + minutes * MINUTE;

describe("what is expected", () => {
  it("is nothing before the end of the first week, and then every hour, some time after the slowest", () => {
    expect(hourly(arrivalsOf(DAYS(7) - 1))).toBeUndefined();
    const expectation = hourly(arrivalsOf(DAYS(7)));
    expect(expectation).toMatchObject({ lateAfterMs: 35 * MINUTE, missingAfterMs: 215 * MINUTE });
    expect(expectation?.isExpected(START + DAYS(30) + 5)).toBe(true);
  });

  it("is no weekend where none came on weekends", () => {
    const isWeekend = (hour: number) => Math.floor((hour - START) / 24) % 7 >= 5;
    for (const days of [7, 9, 12, 14, 19, 28]) {
      const expectation = hourly(arrivalsOf(DAYS(days), isWeekend));
      expect(expectation?.isExpected(START + DAYS(33)) ?? false, `after ${days} days`).toBe(false);
    }
    expect(hourly(arrivalsOf(DAYS(26), isWeekend))?.isExpected(START + DAYS(28) + 9)).toBe(true);
  });

  it("is nothing of what was loaded long after its time, and what is stated counts from the first delivery", () => {
    const old = arrivalsOf(DAYS(14)).map(({ hour }) => ({ hour, at: (hour + DAYS(100)) * HOUR_MS }));
    expect(hourly(old)).toBeUndefined();
    expect(expectArrivals(arrivalsOf(DAYS(20)), { expected: "never" }, HOUR_MS)).toBeUndefined();
    const rule = { expected: { hours: [6], weekdays: ["tuesday" as const] }, lateAfterMinutes: 10 };
    const stated = expectArrivals(arrivalsOf(1), rule, HOUR_MS);
    expect([6, 30, 31].map((hour) => stated?.isExpected(START + hour))).toEqual([false, true, false]);
    expect(stated?.lateAfterMs).toBe(10 * MINUTE);
    expect(expectArrivals([], rule, HOUR_MS)).toBeUndefined();
  });
});

describe("a partition that does not come", () => {
  const arrivals = arrivalsOf(DAYS(10));
  const [arrived, gone] = [new Set(arrivals.map(({ hour }) => hour)), START + DAYS(10)];
  const decide = (now: number, waitedFor: readonly WaitedFor[] = [], more: readonly number[] = []) =>
    decideArrivals(
      hourly(arrivals),
      new Set([...arrived, ...more]),
      waitedFor,
      new Set(waitedFor.map(({ hour }) => hour)),
      now,
    );
  const late: WaitedFor = {
    hour: gone,
    state: "late",
    dueAt: minutesAfter(gone, 35),
    missingAt: minutesAfter(gone, 215),
    alertId: "a",
  };

  it("is late from its deadline on and not before, once", () => {
    expect(decide(minutesAfter(gone, 34)).newlyLate).toEqual([]);
    const { alertId: _alertId, state: _state, ...partition } = late;
    expect(decide(minutesAfter(gone, 35)).newlyLate).toEqual([{ ...partition, joins: { gap: gone } }]);
    expect(decide(minutesAfter(gone, 40), [late])).toEqual({ newlyLate: [], changed: [] });
  });

  it("is missing from its second deadline on, arrives, or is given up", () => {
    expect(decide(minutesAfter(gone, 215), [late]).changed).toEqual([{ hour: gone, state: "missing" }]);
    expect(decide(minutesAfter(gone, 300), [{ ...late, state: "missing" }], [gone]).changed).toEqual([
      { hour: gone, state: "arrived" },
    ]);
    expect(decide(late.dueAt + DAYS(14) * HOUR_MS, [{ ...late, state: "missing" }]).changed).toEqual([
      { hour: gone, state: "given_up" },
    ]);
  });

  it("joins the alert of those before it, and begins another behind one that came", () => {
    expect(decide(minutesAfter(gone + 1, 35), [late]).newlyLate).toMatchObject([
      { hour: gone + 1, joins: { alertId: "a" } },
    ]);
    expect(decide(minutesAfter(gone + 2, 35), [late], [gone + 1]).newlyLate).toMatchObject([
      { hour: gone + 2, joins: { gap: gone + 2 } },
    ]);
    expect(decide(minutesAfter(gone + 1, 35)).newlyLate).toMatchObject([
      { hour: gone, joins: { gap: gone } },
      { hour: gone + 1, joins: { gap: gone } },
    ]);
  });

  it("is never late twice, nor one that has come, whatever came when", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(48)), fc.nat(60 * 72), (came, minutes) => {
        const more = came.map((n) => gone + n);
        const now = minutesAfter(gone, minutes);
        const { newlyLate } = decide(now, [], more);
        for (const { hour, dueAt } of newlyLate) {
          expect(more).not.toContain(hour);
          expect(dueAt).toBeLessThanOrEqual(now);
        }
        const known = newlyLate.map(({ hour, dueAt, missingAt }): WaitedFor => {
          return { hour, dueAt, missingAt, state: "late", alertId: "a" };
        });
        expect(decide(now, known, more).newlyLate).toEqual([]);
      }),
    );
  });
});
