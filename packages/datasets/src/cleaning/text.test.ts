import { withoutInvisible, withoutNoise } from "@lethe/privacy/invisible-characters";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanAddress, cleanEmail, cleanPostcode, cleanText } from "./text.js";

/** Characters that nobody sees, of which some matter beside others. */
const INVISIBLE = [
  "\u0007",
  "\u0085",
  "\u200b",
  "\u200c",
  "\u200d",
  "\u202e",
  "\u00ad",
  "\ufe0f",
  "\u{1f468}",
  "\u0d4d",
];
const SPACES = [" ", "\t", "\n", "\r", "\r\n", "\u00a0", "\u2003", "\u2028", "\u2029", "\ufeff", "\v", "\f"];
/** Text full of what cleaning is about: white space, combining marks, letters whose case changes their number. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(...SPACES),
      fc.constantFrom(
        "J\u030c",
        "e\u0301",
        "\u00e9",
        "\u0130",
        "\u03a3",
        "\u00df",
        "\u1fb3",
        "\u0390",
        "\ufb01",
        "@",
        "\u0301",
      ),
      fc.string({ unit: "binary", maxLength: 3 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

const noisy = fc.array(fc.oneof(text, fc.constantFrom(...INVISIBLE)), { maxLength: 8 }).map((parts) => parts.join(""));

describe.each([
  ["cleanText", cleanText],
  ["cleanAddress", cleanAddress],
  ["cleanEmail", cleanEmail],
  ["cleanPostcode", cleanPostcode],
])("%s", (_name, clean) => {
  it("cleans what is clean into itself: an email's keyed hash depends on it", () => {
    fc.assert(
      fc.property(noisy, (raw) => {
        const once = clean(raw);
        expect(clean(once)).toBe(once);
      }),
      { numRuns: 1_000 },
    );
  });

  it("gives NFC without white space at the ends, in runs, or of another kind than its own", () => {
    fc.assert(
      fc.property(noisy, (raw) => {
        const cleaned = clean(raw) ?? "";
        expect(cleaned).toBe(cleaned.normalize("NFC"));
        expect(cleaned).toBe(cleaned.trim());
        expect(cleaned).not.toMatch(/\s\s/);
        expect(cleaned).not.toMatch(clean === cleanAddress ? /[^\S \n]/ : /[^\S ]/);
      }),
    );
  });

  it("loses no character that is seen", () => {
    const bare = (value: string) => withoutInvisible(value).replace(/\s/g, "").normalize("NFC");
    fc.assert(
      fc.property(noisy, (raw) => {
        const cleaned = bare(clean(raw) ?? "");
        if (clean === cleanText || clean === cleanAddress) expect(cleaned).toBe(bare(raw));
      }),
    );
  });

  it("leaves null null", () => {
    expect(clean(null)).toBeNull();
  });
});

describe("cleaning", () => {
  it("gives for what is clean already, and near it, what it would give by the long way", () => {
    const near = fc.string({
      unit: fc.constantFrom("a", "Z", "~", "!", " ", "\n", "\r", "\t", "\u007f", "\u001f", "\u00e9"),
    });
    const line = (raw: string) => withoutNoise(raw.normalize("NFC")).normalize("NFC").replace(/\s+/g, " ").trim();
    const lines = (raw: string) =>
      raw
        .split(/\r\n|\r|\n/)
        .map(line)
        .filter((part) => part !== "");
    fc.assert(
      fc.property(fc.oneof(near, fc.string(), text), (raw) => {
        expect(cleanText(raw)).toBe(line(raw));
        expect(cleanAddress(raw)).toBe(lines(raw).join("\n"));
        expect(cleanPostcode(raw)).toBe(line(withoutInvisible(raw)).toUpperCase().normalize("NFC"));
      }),
      { numRuns: 5_000 },
    );
  });

  it("drops what nobody sees, wherever it stands, and keeps what shapes other characters", () => {
    expect(cleanText("\ufeffMary\u200b \u202eAnn\u202c\u0007")).toBe("Mary Ann");
    expect(cleanPostcode("SW1A\u200b 1AA")).toBe("SW1A 1AA");
    expect(cleanEmail("jane\u200d@example.org")).toBe("jane@example.org");
    expect(cleanAddress("1 High\u00ad St\u200b\n\u200b\nFlat 2")).toBe("1 High St\nFlat 2");
    expect(cleanText("\u{1f468}\u200d\u{1f469}")).toBe("\u{1f468}\u200d\u{1f469}");
  });

  it("makes one space of a run of white space", () => {
    expect(cleanText("  Mary\t \u00a0Ann\nSmith ")).toBe("Mary Ann Smith");
  });

  it("composes accents, so that two spellings of a name are one", () => {
    expect(cleanText("Zoe\u0308")).toBe("Zo\u00eb");
  });

  it.each([
    ["1 High St\nFlat 2", "1 High St\nFlat 2"],
    ["1 High St\r\n\r\n  Flat  2 \n", "1 High St\nFlat 2"],
    ["1 High St\rFlat 2", "1 High St\nFlat 2"],
    ["\n", ""],
    [" 1  High St ", "1 High St"],
  ])("keeps an address's lines: %j", (raw, cleaned) => {
    expect(cleanAddress(raw)).toBe(cleaned);
  });

  it("lowers an email and raises a postcode", () => {
    expect(cleanEmail(" Jane.Doe@Example.ORG\n")).toBe("jane.doe@example.org");
    expect(cleanPostcode(" sw1a  1aa ")).toBe("SW1A 1AA");
  });

  it("composes what only the change of case made composable", () => {
    expect(cleanEmail("J\u030c@example.org")).toBe("\u01f0@example.org");
    expect(cleanPostcode("\u0390")).toBe("\u03aa\u0301");
  });
});
