import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCron } from "./describe-cron.js";

describe("describeCron", () => {
  it.each([
    ["0 * * * *", "Every hour"],
    ["0 0 * * *", "At 00:00, every day"],
    ["0 13 * * *", "At 13:00, every day"],
    ["*/15 * * * *", "Every 15 minutes"],
    ["30 2 * * mon-fri", "At 02:30, Monday through Friday"],
    ["0 0 L * *", "At 00:00, on the last day of the month"],
    ["0 0 * * 5L", "At 00:00, on the last Friday of the month"],
    ["0 0 * * 5#2", "At 00:00, on the second Friday of the month"],
    ["0 30 1 * * *", "At 01:30, every day"],
    ["0 0 * * 0,7", "At 00:00, only on Sunday"],
    ["0 0 * * 7", "At 00:00, only on Sunday"],
    ["0 0 * * 5-7", "At 00:00, Friday through Sunday"],
    ["0 0 * jul *", "At 00:00, only in July"],
    ["*/25 * * * *", "At 0, 25, and 50 minutes past the hour"],
    [
      "0 0 29 2 5#5",
      "At 00:00, on day 29 of the month, only in February, or at 00:00, on the fifth Friday of the month, only in February",
    ],
    ["0 0 1 * 0-6,7", "At 00:00, every day"],
    ["0 0 1 * mon", "At 00:00, on day 1 of the month, or at 00:00, only on Monday"],
  ])("reads %j as %j", (cron, words) => {
    expect(describeCron(cron)).toBe(words);
  });

  it("names no day or month twice, and says or exactly where either day is enough", () => {
    const field = (least: number, greatest: number) => {
      const value = fc.integer({ min: least, max: greatest });
      const range = fc.tuple(value, value).map((ends) => [...ends].sort((a, b) => a - b).join("-"));
      const item = fc.oneof(value.map(String), range, fc.constantFrom("*/2", "*/3", "*/5"));
      const list = fc.array(item, { minLength: 1, maxLength: 4 }).map((items) => items.join());
      return fc.oneof(fc.constant("*"), list);
    };
    const weekday = fc.oneof(field(0, 7), fc.constantFrom("5#5", "sun,0,7", "1L,mon#2", "mon-fri,5"));
    fc.assert(
      fc.property(fc.tuple(field(1, 28), field(1, 12), weekday), ([day, month, week]) => {
        const words = describeCron(`0 0 ${day} ${month} ${week}`) ?? "";
        expect(words).not.toBe("");
        const clauses = words.split(", or ");
        expect(clauses.length === 1 || (day !== "*" && week !== "*")).toBe(true);
        for (const clause of clauses) {
          const names =
            week.includes("#") || week.includes("L")
              ? []
              : (clause.match(/[A-Z][a-z]+day|[A-Z][a-z]+(?=,| and|$)/g) ?? []);
          expect(new Set(names).size).toBe(names.length);
        }
        expect(/on day.*only on|only on.*on day/.test(clauses[0] ?? "")).toBe(false);
      }),
    );
  });

  it("has no words for what is no pattern", () => {
    expect(describeCron("every hour")).toBeNull();
  });
});
