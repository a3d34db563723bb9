import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withoutInvisible, withoutNoise } from "./invisible-characters.js";

describe("withoutNoise", () => {
  it.each([
    ["Ja\u200bne", "Jane"],
    ["\ufeffJane", "Jane"],
    ["Ja\u00adne", "Jane"],
    ["\u202eJane\u202c", "Jane"],
    ["Ja\u2066n\u2069e", "Jane"],
    ["J\u0007ane\u007f\u0085", "Jane"],
    ["Ja\u200dn\u200ce\u2060", "Jane"],
    ["Jane\ufe0f", "Jane"],
    ["a\tb\nc", "a\tb\nc"],
    ["\u{1f468}\u200d\u{1f469}\u200d\u{1f467}", "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}"],
    ["\u{1f468}\u200b\u200d\u200d\u{1f469}\u200d", "\u{1f468}\u200d\u{1f469}"],
    ["\u{1f44d}\u{1f3fd}\u200d", "\u{1f44d}\u{1f3fd}"],
    ["\u{1f469}\u{1f3fd}\u200d\u2695\ufe0f", "\u{1f469}\u{1f3fd}\u200d\u2695\ufe0f"],
    ["\u2764\ufe0f\u200d\u{1f525}", "\u2764\ufe0f\u200d\u{1f525}"],
    ["1\ufe0f\u20e3 1\ufe0f", "1\ufe0f\u20e3 1"],
    [
      "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}x\u{e0067}",
      "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}x",
    ],
    // Persian, with a non-joiner within a word and one behind it; Malayalam with a chillu of the old kind; Sinhala.
    ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645\u200c", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"],
    ["\u0d05\u0d35\u0d28\u0d4d\u200d", "\u0d05\u0d35\u0d28\u0d4d\u200d"],
    ["\u0dc1\u0dca\u200d\u0dbb\u0dd3", "\u0dc1\u0dca\u200d\u0dbb\u0dd3"],
    ["\u0600\u0661", "\u0600\u0661"],
  ])("makes of %j %j", (text, clean) => {
    expect(withoutNoise(text)).toBe(clean);
  });

  it("cleans what is clean into itself, and is the same to a comparison", () => {
    const unit = fc.constantFrom(
      ...[
        "a",
        "1",
        "\u20e3",
        "\u200b",
        "\u200c",
        "\u200d",
        "\ufe0f",
        "\ufe00",
        "\u{1f468}",
        "\u{1f3fd}",
        "\u2764",
        "\u{1f3f4}",
      ],
      ...[
        "\u{e0067}",
        "\u{e007f}",
        "\u0645",
        "\u0d28",
        "\u0d4d",
        "\u6f22",
        "\u00ad",
        "\ufeff",
        "\u0600",
        " ",
        "\u0301",
      ],
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), fc.string({ unit: "binary" }), (units, rest) => {
        const text = units.join("") + rest;
        const once = withoutNoise(text);
        expect(withoutNoise(once)).toBe(once);
        expect(withoutInvisible(once)).toBe(withoutInvisible(text));
      }),
      { numRuns: 1_000 },
    );
  });
});
