import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalCustomerId } from "./canonical-customer-id.js";

describe("the canonical form of a customer id", () => {
  it.each([
    ["4004", "004004"],
    [4004, "004004"],
    ["4004.0", "004004"],
    ["4004.", "004004"],
    [" 004004\n", "004004"],
    ["00 40 04", "004004"],
    ["\u200b004004\ufeff", "004004"],
    ["\uff10\uff14\uff10\uff10\uff14", "004004"],
    ["0000004004", "004004"],
    [0, "000000"],
    ["#041026", "041026"],
    ["+41027", "041027"],
    ["-4004", "004004"],
    [-4004, "004004"],
    ["(4004.0)", "004004"],
    ["\u21164004", "004004"],
    ["\u00ab 4004 \u00bb", "004004"],
    ["\u0660\u0664\u0661\u0660\u0662\u0668", "041028"],
    ["\u096a\u0966\u0966\u096a", "004004"],
    ["#\u{1d7d2}\u{1d7d8}\u{1d7ec}\u{1d7f0}", "004004"],
    ["013000", "013000"],
  ])("of %j is %j", (value, id) => {
    expect(canonicalCustomerId(value)).toBe(id);
  });

  it.each([
    ["p_0123456789abcdef0123", "p_0123456789abcdef0123"],
    ["erased", "erased"],
    ["e_0123456789abcdef0123", "e_0123456789abcdef0123"],
    [" C-4004 ", "C-4004"],
    ["1234567", "1234567"],
    ["4004.5", "4004.5"],
    ["#1234567", "#1234567"],
    ["40-04", "40-04"],
    ["#", "#"],
    [4004.5, "4004.5"],
    ["40a04", "40a04"],
  ])("of %j, which is no id of six digits, stays %j", (value, id) => {
    expect(canonicalCustomerId(value)).toBe(id);
  });

  it.each([null, undefined, true, {}, [4004], "", " \u200b\t"])("of %j is null", (value) => {
    expect(canonicalCustomerId(value)).toBeNull();
  });

  it("is the same for every spelling of a number, and differs for different numbers", () => {
    const invisible = fc.constantFrom("", " ", "\u200b", "\t", "\u2060", "\u00ad");
    const spelling = fc
      .record({
        n: fc.integer({ min: 0, max: 999_999 }),
        zeros: fc.nat(8),
        wide: fc.boolean(),
        gaps: fc.array(invisible),
      })
      .map(({ n, zeros, wide, gaps }) => {
        const digits = [...String(n).padStart(zeros, "0")];
        const text = digits.map((digit) => (wide ? String.fromCodePoint(0xff10 + Number(digit)) : digit));
        return { n, text: text.map((digit, i) => `${gaps[i] ?? ""}${digit}`).join("") };
      });
    fc.assert(
      fc.property(spelling, spelling, (a, b) => {
        expect(canonicalCustomerId(a.text)).toBe(String(a.n).padStart(6, "0"));
        expect(canonicalCustomerId(a.text) === canonicalCustomerId(b.text)).toBe(a.n === b.n);
      }),
    );
  });

  it("is its own canonical form", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.double(), fc.integer()), (value) => {
        const once = canonicalCustomerId(value);
        expect(canonicalCustomerId(once)).toBe(once);
      }),
      { numRuns: 3_000 },
    );
  });
});
