import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { below, between, chance, createRandomForRecord, pick, uuid } from "./random.js";

const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

function draw(seed: number, kind: "customer" | "product", index: number): number[] {
  const random = createRandomForRecord(seed, kind, index);
  return Array.from({ length: 8 }, random);
}

describe("createRandomForRecord", () => {
  it("gives the same numbers for the same record, and others for any other", () => {
    fc.assert(
      fc.property(uint32, uint32, (seed, index) => {
        const numbers = draw(seed, "customer", index);
        expect(draw(seed, "customer", index)).toEqual(numbers);
        expect(draw(seed, "customer", (index + 1) % 2 ** 32)).not.toEqual(numbers);
        expect(draw((seed + 1) % 2 ** 32, "customer", index)).not.toEqual(numbers);
        expect(draw(seed, "product", index)).not.toEqual(numbers);
      }),
    );
  });

  it("gives each of ten digits about as often as the others", () => {
    const random = createRandomForRecord(1, "customer", 0);
    const seen = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) {
      const digit = below(random, 10);
      seen[digit] = (seen[digit] ?? 0) + 1;
    }
    expect(Math.min(...seen)).toBeGreaterThan(9_500);
    expect(Math.max(...seen)).toBeLessThan(10_500);
  });

  it("parts neighbouring records: first numbers of a thousand are all different", () => {
    const firsts = Array.from({ length: 1_000 }, (_, index) => createRandomForRecord(7, "transaction", index)());
    expect(new Set(firsts).size).toBe(1_000);
  });
});

describe("drawing", () => {
  it("stays within its limits", () => {
    fc.assert(
      fc.property(
        uint32,
        fc.integer({ min: 1, max: 2 ** 32 }),
        fc.integer(),
        fc.nat(1_000),
        (seed, limit, first, span) => {
          const random = createRandomForRecord(seed, "customer", 0);
          const drawn = below(random, limit);
          expect(Number.isInteger(drawn) && drawn >= 0 && drawn < limit).toBe(true);
          const within = between(random, first, first + span);
          expect(within >= first && within <= first + span).toBe(true);
          expect(chance(random, 0)).toBe(false);
          expect(chance(random, 1)).toBe(true);
          expect(["a", "b", "c"]).toContain(pick(random, ["a", "b", "c"]));
        },
      ),
    );
  });

  it("makes UUIDs of version 4", () => {
    fc.assert(
      fc.property(uint32, (index) => {
        expect(uuid(createRandomForRecord(1, "transaction", index))).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
      }),
    );
  });
});
