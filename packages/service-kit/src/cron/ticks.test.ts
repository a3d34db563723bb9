import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Cron, nextTick, previousTick } from "./ticks.js";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Days around changes of the clocks; in the first five zones they are put forward at midnight. */
const CHANGES = [
  ["Africa/Cairo", "2024-04-26"],
  ["Africa/Cairo", "2024-11-01"],
  ["America/Havana", "2024-03-10"],
  ["America/Havana", "2024-11-03"],
  ["Asia/Beirut", "2024-03-31"],
  ["Asia/Beirut", "2024-10-27"],
  ["America/Santiago", "2024-09-08"],
  ["America/Santiago", "2024-04-07"],
  ["Atlantic/Azores", "2024-03-31"],
  ["Atlantic/Azores", "2024-10-27"],
  ["Europe/Zagreb", "2024-03-31"],
  ["Europe/Zagreb", "2024-10-27"],
  ["America/New_York", "2026-03-08"],
  ["Australia/Lord_Howe", "2024-10-06"],
  ["Australia/Lord_Howe", "2024-04-07"],
  ["Antarctica/Troll", "2024-03-31"],
  ["Africa/Casablanca", "2024-03-10"],
  ["America/Godthab", "2024-03-30"],
  ["Pacific/Apia", "2011-12-30"],
  ["Asia/Kathmandu", "2024-03-31"],
] as const;

interface Fields {
  readonly minutes: readonly number[];
  /** Undefined for every hour. */
  readonly hours: readonly number[] | undefined;
  /** Undefined for every day. */
  readonly weekdays: readonly number[] | undefined;
}

const fields: fc.Arbitrary<Fields> = fc.record({
  minutes: fc.uniqueArray(fc.constantFrom(0, 1, 15, 30, 45, 59), { minLength: 1, maxLength: 3 }),
  hours: fc.option(fc.uniqueArray(fc.constantFrom(0, 1, 2, 3, 12, 22, 23), { minLength: 1, maxLength: 4 }), {
    nil: undefined,
  }),
  weekdays: fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 3, maxLength: 6 }), {
    nil: undefined,
  }),
});

function cronOf({ minutes, hours, weekdays }: Fields): string {
  return `${minutes.join(",")} ${hours?.join(",") ?? "*"} * * ${weekdays?.join(",") ?? "*"}`;
}

interface Minute {
  readonly instant: number;
  /** What the clock shows, written as if in UTC. */
  readonly shown: number;
}

/** Looks at the clock in every single minute. */
function watchTheClock(timezone: string, from: number, to: number): Minute[] {
  const clock = new Intl.DateTimeFormat("sv", { timeZone: timezone, dateStyle: "short", timeStyle: "short" });
  return Array.from({ length: (to - from) / MINUTE_MS }, (_, minute) => {
    const instant = from + minute * MINUTE_MS;
    return { instant, shown: Date.parse(`${clock.format(instant).replace(" ", "T")}Z`) };
  });
}

function ticksSeen(given: Fields, minutes: readonly Minute[], from: number, to: number): number[] {
  const isDue = (shown: Date) =>
    given.minutes.includes(shown.getUTCMinutes()) &&
    (given.hours?.includes(shown.getUTCHours()) ?? true) &&
    (given.weekdays?.includes(shown.getUTCDay()) ?? true);
  const ticks = new Set<number>();
  const fired = new Set<number>();
  let last: number | undefined;
  for (const { instant, shown } of minutes) {
    for (let skipped = (last ?? shown) + MINUTE_MS; skipped < shown; skipped += MINUTE_MS) {
      if (isDue(new Date(skipped))) ticks.add(instant + skipped - (last ?? shown) - MINUTE_MS);
    }
    if (isDue(new Date(shown)) && (given.hours === undefined || !fired.has(shown))) ticks.add(instant);
    fired.add(shown);
    last = shown;
  }
  return [...ticks].filter((tick) => tick > from && tick < to).sort((a, b) => a - b);
}

function ticksBetween(cron: Cron, from: number, to: number): number[] {
  const ticks: number[] = [];
  for (let at = from; ; ) {
    at = nextTick(cron, new Date(at)).getTime();
    if (at >= to) return ticks;
    ticks.push(at);
  }
}

function ticksBackwards(cron: Cron, from: number, to: number): number[] {
  const ticks: number[] = [];
  for (let at = to; ; ) {
    at = previousTick(cron, new Date(at)).getTime();
    if (at <= from) return ticks.reverse();
    ticks.push(at);
  }
}

describe("on a day on which the clocks change", () => {
  it.each(CHANGES)("%s %s has each tick once, looked for in either direction", (timezone, day) => {
    const from = Date.parse(day) - DAY_MS;
    const to = Date.parse(day) + 2 * DAY_MS;
    const minutes = watchTheClock(timezone, from - 2 * DAY_MS, to);
    fc.assert(
      fc.property(fields, (given) => {
        const cron = { cron: cronOf(given), timezone };
        const expected = ticksSeen(given, minutes, from, to);
        expect(ticksBetween(cron, from, to)).toEqual(expected);
        expect(ticksBackwards(cron, from, to)).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });

  it("a time that is skipped fires as much later as the clocks are put forward", () => {
    const midnight = { cron: "0 0 * * *", timezone: "Africa/Cairo" };
    expect(ticksBetween(midnight, Date.parse("2024-04-25T12:00Z"), Date.parse("2024-04-27T12:00Z"))).toEqual(
      ["2024-04-25T22:00Z", "2024-04-26T21:00Z"].map((tick) => Date.parse(tick)),
    );
    expect(previousTick(midnight, new Date("2024-04-26T00:20Z"))).toEqual(new Date("2024-04-25T22:00Z"));
  });

  it("a time that is shown twice fires once, and in every hour if the pattern does", () => {
    const span = [Date.parse("2024-10-26T20:00Z"), Date.parse("2024-10-27T03:30Z")] as const;
    expect(ticksBetween({ cron: "30 2 * * *", timezone: "Europe/Zagreb" }, ...span)).toHaveLength(1);
    expect(ticksBetween({ cron: "0 * * * *", timezone: "Europe/Zagreb" }, ...span)).toHaveLength(7);
    expect(ticksBetween({ cron: "*/30 * * * * *", timezone: "Europe/Zagreb" }, ...span)).toHaveLength(7.5 * 120 - 1);
  });
});

describe("a rare day", () => {
  it.each([
    ["0 0 29 2 *", "2096-03-01T00:00Z", "2104-02-29T00:00Z"],
    ["0 0 * 2 0#5", "2080-01-01T00:00Z", "2088-02-29T00:00Z"],
    ["0 0 31 * *", "2026-04-02T00:00Z", "2026-05-31T00:00Z"],
    ["0 0 L * *", "2026-02-03T00:00Z", "2026-02-28T00:00Z"],
    ["0 0 * * 5L", "2026-02-28T00:00Z", "2026-03-27T00:00Z"],
    ["0 0 * * MON#2", "2026-02-28T00:00Z", "2026-03-09T00:00Z"],
    ["0 0 13 * FRI", "2026-03-01T00:00Z", "2026-03-06T00:00Z"],
  ])("%s is found from %s on", (cron, from, expected) => {
    const tick = nextTick({ cron, timezone: "UTC" }, new Date(from));
    expect(tick).toEqual(new Date(expected));
    expect(previousTick({ cron, timezone: "UTC" }, new Date(tick.getTime() + 1))).toEqual(tick);
  });
});
