import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { repeatedKeyIn } from "./repeated-key.js";

describe("repeatedKeyIn", () => {
  it.each([
    ['{"email":"a@x","note":"b","email":"c@x"}', "email"],
    ['{"email":"a@x","\\u0065mail":"c@x"}', "email"],
    ['{"note":1,"note":2}', "note"],
    ['{"note" : 1,"note"\t: 2}', "note"],
    ['{"a":[{"b":{"c":1,"d":[],"c":2}}]}', "c"],
    ['{"":1,"":2}', ""],
    ['{"__proto__":1,"__proto__":2}', "__proto__"],
    ['{"email":"a@x","note":{"email":"c@x"}}', undefined],
    ['{"email":"a@x","note":"\\"email\\": \\"email\\""}', undefined],
    ['{"email":"email","note":"email","at":"12:00:00"}', undefined],
    ['[{"email":1},{"email":2}]', undefined],
    ['"a:b"', undefined],
  ])("of %s is %s", (text, key) => {
    expect(repeatedKeyIn(JSON.parse(text), text)).toBe(key);
  });

  it("finds a key that was put in a second time, wherever it is, and none where each is there once", () => {
    const key = fc.constantFrom("a", "b", '"', ":", '":', "id");
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('"', '":', "x", 1, null),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(key, tie("value"), { maxKeys: 3 }),
      ),
    })).value;
    fc.assert(
      fc.property(fc.dictionary(key, value, { minKeys: 1 }), fc.nat(), (record, n) => {
        const text = JSON.stringify(record);
        expect(repeatedKeyIn(record, text)).toBeUndefined();
        const places = [...text.matchAll(/\{(?="((?:[^"\\]|\\.)*)":)/g)].filter(({ index }) => isOutside(text, index));
        const place = places[n % places.length];
        if (place === undefined) return;
        const twice = `${text.slice(0, place.index + 1)}"${place[1]}":0,${text.slice(place.index + 1)}`;
        expect(repeatedKeyIn(JSON.parse(twice), twice)).toBe(JSON.parse(`"${place[1]}"`));
      }),
      { numRuns: 500 },
    );
  });
});

/** Reports whether a place of a JSON text is outside strings. */
function isOutside(text: string, place: number): boolean {
  return (text.slice(0, place).replace(/\\./g, "").match(/"/g)?.length ?? 0) % 2 === 0;
}
