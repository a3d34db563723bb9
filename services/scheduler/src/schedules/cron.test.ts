import { InvalidInputError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCron, checkTimezone, nextTick, previousTick } from "./cron.js";

describe("checkCron", () => {
  it.each(["0 * * * *", "*/10 * * * * *", " 0 1 * * MON-FRI ", "0 0 29 2 *"])("takes %s", (cron) => {
    expect(() => checkCron(cron)).not.toThrow();
  });

  it.each(["", "* * * *", "* * * * * * *", "60 * * * *", "0 0 31 2 *", "@daily", "a b c d e", "0 0 * * 8"])(
    "refuses %s",
    (cron) => expect(() => checkCron(cron)).toThrow(InvalidInputError),
  );

  it("throws nothing else, whatever the text, and takes nothing that cannot be reckoned with", () => {
    const field = fc.oneof(
      fc.constantFrom("*", "0", "*/5", "1-3", "7", "MON", "L", "?", "59"),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(field, { minLength: 4, maxLength: 7 }), (fields) => {
        const cron = fields.join(" ");
        try {
          checkCron(cron);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
          return;
        }
        const now = new Date("2026-01-01T00:00:30Z");
        expect(nextTick({ cron, timezone: "Europe/Zagreb" }, now).getTime()).toBeGreaterThan(now.getTime());
        expect(previousTick({ cron, timezone: "Europe/Zagreb" }, now).getTime()).toBeLessThan(now.getTime());
      }),
    );
  });
});

describe("checkTimezone", () => {
  it.each(["UTC", "Europe/Zagreb", "America/Argentina/Ushuaia"])("takes %s", (timezone) => {
    expect(() => checkTimezone(timezone)).not.toThrow();
  });

  it.each(["", "Mars/Olympus", "Europe/Zagreb ", "<script>"])("refuses %s", (timezone) => {
    expect(() => checkTimezone(timezone)).toThrow(InvalidInputError);
  });
});

it("reckons ticks in the schedule's time zone, over the change to summer time", () => {
  const daily = { cron: "0 1 * * *", timezone: "Europe/Zagreb" };
  expect(nextTick(daily, new Date("2026-03-28T12:00:00Z")).toISOString()).toBe("2026-03-29T00:00:00.000Z");
  expect(nextTick(daily, new Date("2026-03-29T12:00:00Z")).toISOString()).toBe("2026-03-29T23:00:00.000Z");
  expect(previousTick(daily, new Date("2026-03-29T12:00:00Z")).toISOString()).toBe("2026-03-29T00:00:00.000Z");
});
