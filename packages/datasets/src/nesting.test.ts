import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isNestedDeeper } from "./nesting.js";

/** Levels by the text alone, whose strings hold no brackets. */
function levelsOf(text: string): number {
  let level = 0;
  let deepest = 0;
  for (const character of text) {
    if ("[{".includes(character)) level += 1;
    if ("]}".includes(character)) level -= 1;
    deepest = Math.max(deepest, level);
  }
  return deepest;
}

describe("isNestedDeeper", () => {
  it("counts arrays and objects within each other, not beside each other", () => {
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 8 },
        fc.constantFrom(1, null, "x"),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom("a", "b"), tie("value")),
      ),
    }));
    fc.assert(
      fc.property(value, fc.integer({ min: 1, max: 6 }), (record, levels) => {
        const text = JSON.stringify(record);
        expect(isNestedDeeper(levels, record, text)).toBe(levelsOf(text) > levels);
      }),
    );
  });

  it("does not run out of stack", () => {
    const text = "[".repeat(200_000) + "]".repeat(200_000);
    expect(isNestedDeeper(500, JSON.parse(text), text)).toBe(true);
  });
});
