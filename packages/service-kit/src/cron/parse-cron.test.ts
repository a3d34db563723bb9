import { InvalidInputError } from "@lethe/contracts/errors";
import { CronExpressionParser } from "cron-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCron } from "./parse-cron.js";
import { nextTick, previousTick } from "./ticks.js";

describe("a pattern", () => {
  it.each([
    "0 * * * *",
    "*/10 * * * * *",
    " 0 1 * * MON-FRI ",
    "0 0 29 2 *",
    "0 0 L * ?",
    "0 0 ? * fri#2",
    "0 0 * * 5L,7",
    "5/15 0-6/2,22 1-31 jan-DEC *",
  ])("%s is understood", (cron) => {
    expect(() => parseCron(cron)).not.toThrow();
  });

  it.each([
    ["", /5 fields/],
    ["* * * *", /5 fields/],
    ["* * * * * * *", /5 fields/],
    ["@reboot", /begins with @/],
    ["@daily", /begins with @/],
    ["H * * * *", /minutes.*number of your choice/],
    ["0 H(0-3) * * *", /hours.*number of your choice/],
    ["H/15 * * * *", /minutes.*number of your choice/],
    ["60 * * * *", /minutes.*0 to 59/],
    ["0 24 * * *", /hours.*0 to 23/],
    ["0 0 0 * *", /days of the month.*1 to 31/],
    ["0 0 * 13 *", /months.*JAN to DEC/],
    ["0 0 * * 8", /days of the week.*SUN to SAT/],
    ["30-10 * * * *", /minutes.*backwards/],
    ["0 0 * * SAT-SUN", /days of the week.*backwards/],
    ["*/0 * * * *", /minutes.*step/],
    ["*/90 * * * *", /minutes.*step/],
    ["? * * * *", /minutes/],
    ["L * * * *", /minutes/],
    ["0 0 LW * *", /days of the month/],
    ["0 0 15W * *", /days of the month/],
    ["0 0 * * L", /days of the week/],
    ["0 0 * * 5#6", /days of the week/],
    ["0 0 * * 5#2-3", /days of the week/],
    ["1-2-3 * * * *", /minutes/],
    ["1,,2 * * * *", /minutes/],
    ["1e1 * * * *", /minutes/],
    ["-1 * * * *", /minutes/],
    ["a b c d e", /not understood/],
    ["0 0 31 2 *", /never fires/],
    ["0 0 31 4,6,9,11 *", /never fires/],
    ["0 0 30-31 FEB ?", /never fires/],
  ])("%s is refused", (cron, message) => {
    expect(() => parseCron(cron)).toThrow(InvalidInputError);
    expect(() => parseCron(cron)).toThrow(message);
  });

  it("throws nothing else, whatever the text, and what is taken fires before and after any instant", () => {
    const field = fc.oneof(
      fc.constantFrom("*", "0", "*/5", "1-3", "7", "MON", "L", "?", "59", "2L", "3#5", "29", "FEB"),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(field, { minLength: 4, maxLength: 7 }), (texts) => {
        const cron = texts.join(" ");
        try {
          parseCron(cron);
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

  it("fires when another implementation fires it, where no clock changes", () => {
    const list = (min: number, max: number, ...more: string[]) =>
      fc.oneof(
        { weight: 2, arbitrary: fc.constant("*") },
        fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 3 }).map((values) => values.join(",")),
        fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map((ends) => {
          const [first, last] = ends.sort((a, b) => a - b);
          return `${first}-${last}`;
        }),
        fc.integer({ min: 2, max: max - min }).map((step) => `*/${step}`),
        ...more.map((text) => fc.constant(text)),
      );
    const pattern = fc.tuple(
      list(0, 59),
      list(0, 59),
      list(0, 23),
      list(1, 28, "L", "?"),
      list(1, 12),
      list(0, 6, "7", "5L", "2#3", "MON-FRI", "?"),
    );
    const instant = fc.date({ min: new Date("2020-01-01"), max: new Date("2030-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(pattern, instant, (texts, currentDate) => {
        const cron = texts.join(" ");
        const other = () => CronExpressionParser.parse(cron, { tz: "UTC", currentDate });
        expect(nextTick({ cron, timezone: "UTC" }, currentDate)).toEqual(other().next().toDate());
        expect(previousTick({ cron, timezone: "UTC" }, currentDate)).toEqual(other().prev().toDate());
      }),
      { numRuns: 300 },
    );
  });
});
