import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planDefects } from "./defects.js";

const NAMES = ["null_email", "long_phone", "untidy_email"] as const;

describe("planDefects", () => {
  it("plants each defect at about the rate asked for, at least once where there is room, never on the first record", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 6, max: 5_000 }),
        fc.double({ min: 0.001, max: 0.05, noNaN: true }),
        (count, rate) => {
          const plan = planDefects(NAMES, count, rate);
          const planted = Array.from({ length: count }, (_, index) => plan(index));
          expect(planted[0]).toBeUndefined();
          for (const name of NAMES) {
            const times = planted.filter((defect) => defect === name).length;
            expect(times).toBeGreaterThanOrEqual(1);
            expect(Math.abs(times - count * rate)).toBeLessThanOrEqual(2 + count * rate * 0.05);
          }
        },
      ),
    );
  });

  it("plants nothing at a rate of 0", () => {
    const plan = planDefects(NAMES, 1_000, 0);
    expect(Array.from({ length: 1_000 }, (_, index) => plan(index)).every((defect) => defect === undefined)).toBe(true);
  });
});
