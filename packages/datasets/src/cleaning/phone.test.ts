import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toE164 } from "./phone.js";

describe("toE164", () => {
  it.each([
    ["+44(0)808 157 0808", "GB", "+448081570808"],
    ["0808 157 0808", "GB", "+448081570808"],
    ["+44 20 7946 0018 x12", "GB", "+442079460018"],
    ["020 7946 0018", "GB", "+442079460018"],
    ["01 234 5678", "IE", "+35312345678"],
    ["+353 1 234 5678", "GB", "+35312345678"],
    ["+44 20 7946 0018", null, "+442079460018"],
    ["020 7946 0018", null, null],
    ["020 7946 0018", "ZZ", null],
    ["12", "GB", null],
    ["call me", "GB", null],
    ["", "GB", null],
    [null, "GB", null],
  ])("reads %j as dialled in %s", (phone, country, e164) => {
    expect(toE164(phone, country)).toBe(e164);
  });

  it("gives E.164 or null for any text and any country, and never throws", () => {
    const digits = fc.array(fc.constantFrom(..."+0123456789 ()-./x;e#*"), { maxLength: 30 }).map((c) => c.join(""));
    const country = fc.oneof(fc.constantFrom("GB", "IE", "HR", "US", null), fc.string({ maxLength: 12 }));
    fc.assert(
      fc.property(fc.oneof(digits, fc.string({ maxLength: 400 })), country, (phone, code) => {
        const number = toE164(phone, code);
        if (number !== null) expect(number).toMatch(/^\+[1-9]\d{1,14}$/);
      }),
      { numRuns: 1_000 },
    );
  });
});
