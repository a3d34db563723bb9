import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SHAPES } from "../test/forms.js";
import { anyCuts, type Cuts, inPieces, LIMITS } from "../test/lines.js";
import { readEvident } from "./read-evident.js";

/** Returns the lines of a text; undefined where a cheap look does not show them. */
async function read(text: string, cuts: Cuts = []): Promise<string[] | undefined> {
  let isDoubtful = false;
  const pieces: Buffer[] = [];
  const onDoubt = () => {
    isDoubtful = true;
  };
  for await (const { bytes } of readEvident(inPieces(Buffer.from(text), cuts), LIMITS, onDoubt)) pieces.push(bytes);
  return isDoubtful ? undefined : Buffer.concat(pieces).toString().split("\n").slice(0, -1);
}

const EVIDENT = [
  "lines",
  "lines without the last end",
  "lines with CRLF",
  "an array",
  "an indented array",
  "an array of lines",
  "an array of lines with commas in front",
];

describe("readEvident", () => {
  const records = fc.array(fc.record({ id: fc.nat(), name: fc.string(), of: fc.array(fc.record({ a: fc.nat() })) }), {
    minLength: 2,
    maxLength: 5,
  });

  it.each(EVIDENT)("reads what is written as usual, though perhaps not all of it: %s", async (name) => {
    await fc.assert(
      fc.asyncProperty(records, anyCuts, async (all, cuts) => {
        const text = SHAPES[name]?.(all) ?? "";
        const lines = await read(text, cuts);
        // Only two braces in a text of a record may look like two records.
        if (text.includes("}{")) return;
        expect(lines?.map((line) => JSON.parse(line))).toEqual(all);
      }),
    );
  });

  it.each(Object.keys(SHAPES).filter((name) => !EVIDENT.includes(name) && !name.includes("blank ones")))(
    "is in doubt about what is not: %s",
    async (name) => {
      expect(await read(SHAPES[name]?.([{ id: "a\nb" }, { id: "a\tb" }, { id: 3 }]) ?? "")).toBeUndefined();
    },
  );

  it.each([
    ["a line that is none", '{"a":1}\nnonsense\n{"a":2}\n'],
    ["a torn last line", '{"a":1}\n{"a":'],
    ["text behind an array", '[{"a":1}] x'],
    ["an element that is no object", '[{"a":1},2]'],
    ["a tab in a string", '{"a":1}\n{"a":"\t"}\n'],
    ["two on a line with a blank between", '{"a":1}\n{"a":2} {"a":3}\n'],
    ["two on a line with a comma between", '{"a":1}\n{"a":[{"b":1},{"b":2}]}, {"a":3}\n'],
    ["two broken ones around a sound one", '[{"a":1},{"a":"x"x"},{"a":2},{"a":"x"x"},{"a":3}]'],
    ["a missing comma", '[{"a":1} {"a":2}]'],
    ["a line end in a string of an array", '[{"a":"x\ny"}]'],
    ["two on a line", '{"a":1}\n{"a":2}{"a":3}\n'],
  ])("is in doubt about %s", async (_what, text) => {
    expect(await read(text)).toBeUndefined();
  });

  it("reads one object of several lines", async () => {
    expect(await read('{\n  "a": 1\n}\n')).toEqual(['{   "a": 1 } ']);
  });
});
