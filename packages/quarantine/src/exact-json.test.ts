import fc from "fast-check";
import { expect, it } from "vitest";
import { parseExactly } from "./exact-json.js";

it("reads what it can write again without a loss", () => {
  fc.assert(
    fc.property(
      fc.object({ values: [fc.string(), fc.boolean(), fc.constant(null), fc.integer()], withNullPrototype: false }),
      (record) => {
        expect(parseExactly(JSON.stringify(record))).toEqual(JSON.parse(JSON.stringify(record)));
      },
    ),
  );
});

it.each(['{"a":12345678901234567890}', '{"a":[0.12345678901234567]}', '{"a":1e400}', "{", "not,json"])(
  "does not read %s, which would come out as something else",
  (text) => {
    expect(parseExactly(text)).toBeUndefined();
  },
);

it("keeps every decimal number of 15 digits, and reads no number in a text", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999_999_999_999_999 }), fc.integer({ min: 0, max: 14 }), (digits, places) => {
      const text = `{"n":${BigInt(digits)}e-${places}}`;
      const { n } = parseExactly(text) as { n: number };
      expect(Number(n.toPrecision(15))).toBe(n);
    }),
  );
  expect(parseExactly('{"a":"\\"12345678901234567890","b":1.50}')).toEqual({ a: '"12345678901234567890', b: 1.5 });
});
