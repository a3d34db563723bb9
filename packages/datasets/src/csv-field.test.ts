import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvJson, csvNumber, csvText } from "./csv-field.js";

describe("a CSV field", () => {
  it("that is empty is null, one that is not there stays so", () => {
    for (const read of [csvText, csvNumber, csvJson]) {
      expect(read("")).toBeNull();
      expect(read(undefined)).toBeUndefined();
    }
  });

  it("is text as it stands: leading zeros matter; white space around it does not", () => {
    expect(csvText("013000")).toBe("013000");
    expect(csvText("\u00a0a  b\ufeff ")).toBe("a  b");
    expect(csvText(" \u00a0")).toBeNull();
  });

  it.each([
    ['="004004"', "004004"],
    ['="a ""b"""', 'a "b"'],
    ["'004004", "004004"],
    ["'2020-01-31", "2020-01-31"],
    ["'+44 (0)20 7946-0018", "+44 (0)20 7946-0018"],
    ["\\N", null],
  ])("is %j without what protects it from spreadsheets", (field, text) => {
    expect(csvText(field)).toBe(text);
  });

  it.each(["'t Hooft", "'90s Tea", "'", '=""', "=SUM(A1:A2)", "NULL", "TRUE", "4004.0", "4,004", "#N/A"])(
    "is %j, of which nothing is guessed",
    (field) => {
      expect(csvText(field)).toBe(field);
    },
  );

  it("is a number if it is written as one that a double can hold", () => {
    const numbers = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(numbers, (number) => {
        const text = String(number);
        const isRounded = /^-?\d+$/.test(text) && BigInt(text) !== BigInt(number);
        expect(csvNumber(text)).toBe(isRounded ? text : Object.is(number, -0) ? 0 : number);
      }),
      // The shortest text of this double is another whole number than the double itself.
      { examples: [[36_700_425_749_797_530]] },
    );
    expect(csvNumber(" 12 ")).toBe(12);
  });

  it.each(["0x10", "0b11", "0o7", "Infinity", "NaN", "1_000", "1,5", "12abc", "--1", "true", "£1"])(
    "stays text if it is %j: the schema's check says so",
    (field) => {
      expect(csvNumber(field)).toBe(field);
    },
  );

  it("holds nested parts as JSON, and stays text if it is none", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(csvJson(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
    expect(csvJson("{broken")).toBe("{broken");
  });
});
