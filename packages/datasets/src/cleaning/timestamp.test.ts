import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTimestamp } from "./timestamp.js";

const instant = fc.date({
  min: new Date("0001-01-02T00:00:00Z"),
  max: new Date("9999-12-30T00:00:00Z"),
  noInvalidDate: true,
});
const two = (number: number) => String(number).padStart(2, "0");
const zone = fc.oneof(
  fc.constantFrom("", "Z"),
  fc
    .tuple(
      fc.constantFrom("+", "-"),
      fc.integer({ min: 0, max: 15 }),
      fc.integer({ min: 0, max: 59 }),
      fc.constantFrom(":", ""),
    )
    .map(([sign, hours, minutes, colon]) => `${sign}${two(hours)}${colon}${two(minutes)}`),
);

/** Milliseconds since 1970 as Date reads the text, which wants a colon in the zone and a zone at all. */
function toMs(text: string): number {
  const withZone = /(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
  return Date.parse(withZone.replace(" ", "T").replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
}

describe("parseTimestamp", () => {
  it("means the instant that Date means", () => {
    fc.assert(
      fc.property(instant, fc.constantFrom("T", " "), zone, (date, separator, z) => {
        const text = `${date.toISOString().slice(0, 23).replace("T", separator)}${z}`;
        const cleaned = parseTimestamp(text) ?? "";
        expect(toMs(cleaned)).toBe(toMs(text));
        expect(cleaned).toMatch(/(Z|[+-]\d\d:?\d\d)$/);
      }),
      { numRuns: 1_000 },
    );
  });

  it("cleans what is clean into itself", () => {
    fc.assert(
      fc.property(instant, zone, (date, z) => {
        const once = parseTimestamp(`${date.toISOString().slice(0, 19)}${z}`) ?? "";
        expect(parseTimestamp(once)).toBe(once);
      }),
    );
  });

  it.each([
    ["2020-01-31T05:06:07", "2020-01-31T05:06:07Z"],
    ["2020-01-31 05:06:07.123456", "2020-01-31T05:06:07.123456Z"],
    ["2020-01-31T05:06:07.1+01:00", "2020-01-31T05:06:07.1+01:00"],
    ["2020-02-29T23:59:59Z", "2020-02-29T23:59:59Z"],
  ])("takes %s, microseconds and zone as they came, UTC where there is none", (text, cleaned) => {
    expect(parseTimestamp(text)).toBe(cleaned);
  });

  it.each([
    "",
    "2020-01-31",
    "2020-02-30T00:00:00",
    "2021-02-29T00:00:00",
    "2020-13-01T00:00:00",
    "0000-01-01T00:00:00",
    "2020-01-31T24:00:00",
    "2020-01-31T23:60:00",
    "2020-01-31T23:59:60",
    "2020-01-31T5:06:07",
    "2020-01-31T05:06:07.1234567",
    "2020-01-31T05:06:07+16:00",
    "2020-01-31T05:06:07+01",
    "2020-01-31T05:06:07Z\n",
    " 2020-01-31T05:06:07",
    "1580447167",
    "yesterday",
  ])("does not take %j", (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  it("gives undefined, and never throws, for any other text", () => {
    fc.assert(fc.property(fc.string(), (text) => parseTimestamp(text) === undefined));
  });
});
