import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MASKING_STRATEGIES, maskValue, REDACTED } from "./mask-value.js";
import { isPseudonym, parsePrivacyKey } from "./privacy-key.js";

const KEY = parsePrivacyKey("11".repeat(32));

const strategy = fc.constantFrom(...MASKING_STRATEGIES);

describe("maskValue", () => {
  it("does what each strategy says", () => {
    const email = "jane@example.org";
    expect(maskValue("keep", "United Kingdom", KEY)).toBe("United Kingdom");
    expect(maskValue("null", email, KEY)).toBeNull();
    expect(maskValue("redact", email, KEY)).toBe(REDACTED);
    expect(isPseudonym(maskValue("hmac", email, KEY))).toBe(true);
    expect(maskValue("sha256", email, KEY)).toBe(createHash("sha256").update(email).digest("hex"));
    expect(maskValue("generalize", email, KEY)).toBeNull();
  });

  it("keeps no email, at whatever depth it stands in what is kept", () => {
    expect(maskValue("keep", "of Jane@example.org, by post", KEY)).toBe(`of ${REDACTED}, by post`);
    expect(maskValue("keep", [0, { by: ["jane@example.org"] }], KEY)).toBe(REDACTED);
    expect(maskValue("keep", [0, { by: ["post"] }], KEY)).toEqual([0, { by: ["post"] }]);
    expect(maskValue("keep", 14.97, KEY)).toBe(14.97);
  });

  it.each([
    ["1980-05-17", "1980-01-01"],
    [" 1980-05-17 ", "1980-01-01"],
    ["SW1A 1AA", "SW1A"],
    ["sw1a1aa", "SW1A"],
    ["M1 1AE", "M1"],
    ["B33 8TH", "B33"],
    ["CR2 6XH", "CR2"],
    ["EC1A 1BB", "EC1A"],
    ["D06 F1X2", "D06"],
    ["D6W XY00", "D6W"],
    ["t12 ab34", "T12"],
    ["1980-05-17T10:00:00", null],
    ["10000 Zagreb", null],
    ["Jane", null],
    ["", null],
  ])("generalizes %j to %j", (value, coarse) => {
    expect(maskValue("generalize", value, KEY)).toBe(coarse);
  });

  it("generalizes nothing but text: what has no coarser form goes", () => {
    for (const value of [19800517, true, ["1980-05-17"], { date: "1980-05-17" }]) {
      expect(maskValue("generalize", value, KEY)).toBeNull();
    }
  });

  it("leaves what is not there as it is", () => {
    fc.assert(
      fc.property(strategy, (chosen) => {
        expect(maskValue(chosen, null, KEY)).toBeNull();
        expect(maskValue(chosen, undefined, KEY)).toBeUndefined();
      }),
    );
  });

  it("masked twice is masked once: a replay masks what is masked already", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("1980-05-17", "SW1A 1AA", "M1 1AE", "D06 F1X2", "D6W XY00"),
    );
    fc.assert(
      fc.property(strategy, fc.oneof(text, fc.jsonValue()), (chosen, value) => {
        const once = maskValue(chosen, value, KEY);
        expect(maskValue(chosen, once, KEY)).toEqual(once);
      }),
      { numRuns: 1_000 },
    );
  });

  it("takes any JSON value, also one that JavaScript cannot make a text of", () => {
    const hostile: unknown = JSON.parse('{"toString": 1, "valueOf": 1}');
    expect(isPseudonym(maskValue("hmac", hostile, KEY))).toBe(true);
    expect(maskValue("sha256", hostile, KEY)).toMatch(/^[0-9a-f]{64}$/);
  });

  it("gives two different objects two pseudonyms", () => {
    expect(maskValue("hmac", { id: 1 }, KEY)).not.toBe(maskValue("hmac", { id: 2 }, KEY));
    expect(maskValue("sha256", { id: 1 }, KEY)).not.toBe(maskValue("sha256", { id: 2 }, KEY));
  });
});
