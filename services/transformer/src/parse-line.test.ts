import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseLine } from "./parse-line.js";

const MAX_NESTING = 100;

function parse(text: string) {
  return parseLine(Buffer.from(text), MAX_NESTING);
}

describe("parseLine", () => {
  it("gives the record that a line holds, whatever white space is around it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom("", " ", "\r", "\t \r"), (value, space) => {
        const json = JSON.stringify(value);
        const parsed = parse(`${space}${json}${space}`);
        if (parsed.problem === undefined) expect(parsed).toEqual({ record: JSON.parse(json), text: json });
        else expect(json).toMatch(/\\u/);
      }),
    );
  });

  it("takes any bytes, never throws, and keeps them: from the quarantine the line can be had again", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
      fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
      fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
    );
    fc.assert(
      fc.property(bytes, (line) => {
        const parsed = parseLine(line, MAX_NESTING);
        const kept = Buffer.from(parsed.text, parsed.problem === undefined ? "utf8" : parsed.encoding);
        if (parsed.problem !== undefined && parsed.encoding === "base64") expect(kept).toEqual(line);
        else expect(kept.toString()).toBe(line.toString().trim());
        expect(parsed.text).not.toContain("\0");
      }),
      { numRuns: 1_000 },
    );
  });

  it("finds unreadable, and only that, what PostgreSQL has no character for", () => {
    const unit = fc.constantFrom(
      "\0",
      "\ud83d",
      "\ude00",
      "\ud83d\ude00",
      "\\",
      "\\u0000",
      "u0000",
      '"',
      "é",
      "\n",
      "x",
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 6 }), fc.boolean(), (units, asName) => {
        const text = units.join("");
        // UTF-8 has no half surrogate pairs, so such a text does not come back from it as it was.
        const storable = !text.includes("\0") && Buffer.from(text).toString() === text;
        const json = JSON.stringify(asName ? { [text]: 1 } : { name: [text] });
        expect(parse(json).problem).toBe(
          storable ? undefined : "the line holds an escaped character that cannot be stored",
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['{"a":"\\u0000"}', "the line holds an escaped character that cannot be stored"],
    ['{"a":"\\ud83d"}', "the line holds an escaped character that cannot be stored"],
    ['{"a":"\\uDE00x"}', "the line holds an escaped character that cannot be stored"],
    ['{"a":"\0"}', "the line holds a NUL byte"],
    ["\0\0\0", "the line holds a NUL byte"],
    ['{"a":', "the line is not JSON"],
    ["undefined", "the line is not JSON"],
    ["", "the line is not JSON"],
    ["[".repeat(101) + "]".repeat(101), "the line is nested deeper than 100 levels (LETHE_MAX_NESTING)"],
    [
      `${'{"a":'.repeat(100_000)}"\\u0041"${"}".repeat(100_000)}`,
      "the line is nested deeper than 100 levels (LETHE_MAX_NESTING)",
    ],
  ])("says what is wrong with %.40j", (text, problem) => {
    expect(parse(text)).toMatchObject({ problem });
  });

  it.each([
    "[".repeat(100) + "]".repeat(100),
    '{"a":"\\\\u0000"}',
    '{"a":"\\\\ud83d"}',
    '{"a":"\\ud83d\\ude00"}',
    '{"a":"\\u0041"}',
  ])("finds nothing wrong with %j", (text) => {
    expect(parse(text)).toEqual({ record: JSON.parse(text), text });
  });
});
