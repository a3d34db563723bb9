import fc from "fast-check";
import { expect, it } from "vitest";
import { sliceLines } from "./slice-lines.js";

it("gives the lines of a range, whatever they hold", () => {
  const line = fc.string({ maxLength: 6 }).map((text) => `${text.replaceAll("\n", "")}\n`);
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.nat(8), fc.nat(8), (lines, from, count) => {
      const slice = sliceLines(Buffer.from(lines.join("")), from, from + count);
      expect(slice.toString()).toBe(lines.slice(from, from + count).join(""));
    }),
  );
});
