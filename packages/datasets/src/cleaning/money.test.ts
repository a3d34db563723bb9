import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MONEY_PATTERN, multiplyMoney, parseMoney } from "./money.js";

const money = fc.stringMatching(/^[0-9]{1,10}(\.[0-9]{1,4})?$/);

/** The amount in ten-thousandths by whole numbers alone: digits are moved, never divided. */
function exactly(text: string): bigint {
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(4, "0"));
}

describe("money", () => {
  it("is read to the ten-thousandth, as whole numbers would do it", () => {
    fc.assert(
      fc.property(money, (text) => {
        expect(BigInt(parseMoney(text))).toBe(exactly(text));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ["0", 0],
    ["0.00", 0],
    ["0.0001", 1],
    ["1.005", 10_050],
    ["29.99", 299_900],
    ["9999999999.9999", 99_999_999_999_999],
  ])("reads %s", (text, amount) => {
    expect(parseMoney(text)).toBe(amount);
    expect(Number.isSafeInteger(parseMoney(text))).toBe(true);
  });

  it("adds up exactly, where floating point does not", () => {
    expect(0.1 + 0.2).not.toBe(0.3);
    expect(parseMoney("0.1") + parseMoney("0.2")).toBe(parseMoney("0.3"));
    fc.assert(
      fc.property(fc.array(money, { maxLength: 80 }), (texts) => {
        const sum = texts.reduce((total, text) => total + parseMoney(text), 0);
        expect(BigInt(sum)).toBe(texts.reduce((total, text) => total + exactly(text), 0n));
      }),
    );
  });

  it("is multiplied exactly, or not at all", () => {
    fc.assert(
      fc.property(money, fc.integer({ min: 1, max: 2_147_483_647 }), (text, factor) => {
        const exact = exactly(text) * BigInt(factor);
        const product = multiplyMoney(parseMoney(text), factor);
        if (exact <= BigInt(Number.MAX_SAFE_INTEGER)) expect(product).toBe(Number(exact));
        else expect(product).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    "",
    ".",
    "1.",
    ".5",
    "-1",
    "+1",
    "1,00",
    "1e3",
    "1.00000",
    "12345678901",
    " 1",
    "1 ",
    "1\n",
    "٣",
    "NaN",
    "£1",
  ])("is not %j", (text) => {
    expect(new RegExp(MONEY_PATTERN).test(text)).toBe(false);
  });
});
