import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { permute } from "./permutation.js";

describe("permute", () => {
  it("maps every integer below any size to another one below it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), fc.integer(), (size, key) => {
        const images = new Set(Array.from({ length: size }, (_, value) => permute(value, size, key)));
        expect(images.size).toBe(size);
        expect(Math.max(...images)).toBe(size - 1);
        expect(Math.min(...images)).toBe(0);
      }),
    );
  });

  it("gives each of a million ids once", () => {
    const seen = new Uint8Array(1_000_000);
    for (let value = 0; value < seen.length; value++) {
      const image = permute(value, seen.length, 1);
      seen[image] = (seen[image] ?? 0) + 1;
    }
    expect(seen.every((times) => times === 1)).toBe(true);
  });

  it("gives another order for another key", () => {
    const order = (key: number) => Array.from({ length: 100 }, (_, value) => permute(value, 1_000_000, key));
    expect(order(1)).not.toEqual(order(2));
  });
});
