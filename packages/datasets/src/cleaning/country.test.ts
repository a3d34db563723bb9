import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toCountryCode } from "./country.js";

describe("toCountryCode", () => {
  it.each([
    ["United Kingdom", "GB"],
    ["united kingdom", "GB"],
    ["Ireland", "IE"],
    ["Republic of Ireland", "IE"],
    ["Scotland", "GB"],
    ["Croatia", "HR"],
    ["Atlantis", null],
    ["", null],
  ])("gives the code of %j", (name, code) => {
    expect(toCountryCode(name)).toBe(code);
  });

  it("gives a code of two letters or null for any text, and the same one when asked again", () => {
    const inherited = fc.constantFrom("constructor", "__proto__", "hasOwnProperty", "toString");
    fc.assert(
      fc.property(fc.oneof(inherited, fc.string()), (name) => {
        const code = toCountryCode(name);
        if (code !== null) expect(code).toMatch(/^[A-Z]{2}$/);
        expect(toCountryCode(name)).toBe(code);
      }),
    );
    expect(toCountryCode("constructor")).toBeNull();
    expect(toCountryCode("__proto__")).toBeNull();
    expect(toCountryCode(null)).toBeNull();
  });
});
