import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addDays, hoursOf, spreadOver } from "./calendar.js";

describe("calendar", () => {
  it("counts days over the end of February in a leap year", () => {
    expect(addDays("2020-02-28", 1)).toBe("2020-02-29");
    expect(addDays("2020-03-01", -2)).toBe("2020-02-28");
  });

  it("gives 24 hours for each day", () => {
    const hours = hoursOf("2019-12-31", 2);
    expect(hours).toHaveLength(48);
    expect(hours[24]).toEqual({ date: "2020-01-01", hour: 0 });
  });

  it("puts every record into exactly one active hour, the first into the first", () => {
    fc.assert(
      fc.property(
        fc.nat(500),
        fc.uniqueArray(fc.nat(47), { minLength: 1 }).map((hours) => hours.sort((a, b) => a - b)),
        (count, active) => {
          const spread = spreadOver(count, active, 48);
          let total = 0;
          for (let hour = 0; hour < 48; hour++) {
            const inHour = spread.upTo(hour) - spread.before(hour);
            if (!active.includes(hour)) expect(inHour).toBe(0);
            expect(spread.before(hour)).toBe(total);
            total += inHour;
          }
          expect(total).toBe(count);
          expect(spread.upTo(active[0] ?? 0) > 0).toBe(count > 0);
        },
      ),
    );
  });
});
