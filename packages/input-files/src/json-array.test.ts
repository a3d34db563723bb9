import { UnreadableFileError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCuts, type Cuts, endless, inPieces, linesOf } from "../test/lines.js";
import type { ReadLimits } from "./read-limits.js";

/** Texts that a careless cutter would stumble over. */
const text = fc
  .array(fc.constantFrom("[", "]", "{", "}", ",", '"', "\\", "\n", "\\\\", '\\"', "é", "x"), { maxLength: 8 })
  .map((c) => c.join(""));
const element = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc.constantFrom(null, true, ""),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(text, tie("value"), { maxKeys: 3 }),
  ),
})).value;

function read(json: string, cuts: Cuts = [], limits: Partial<ReadLimits> = {}): Promise<string[]> {
  return linesOf(inPieces(Buffer.from(json), cuts), "json", limits);
}

describe("a file with one array", () => {
  it("holds the elements that JSON.parse finds, however it is indented and however its bytes come", async () => {
    const indent = fc.constantFrom(undefined, 2, "\t", "\r\n ");
    await fc.assert(
      fc.asyncProperty(fc.array(element, { maxLength: 6 }), indent, anyCuts, async (elements, space, cuts) => {
        const json = ` \n${JSON.stringify(elements, null, space)}\n\n`;
        const lines = await read(json, cuts);
        expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(json));
      }),
      { numRuns: 500 },
    );
  });

  it("gives an element that is broken as its own line: the others are taken in", async () => {
    expect(await read('[{"a":1}, {"a":}, nonsense, {"a":2}]')).toEqual(['{"a":1}', ' {"a":}', " nonsense", ' {"a":2}']);
  });

  it.each(["[]", "[ ]", "[\n]", "\ufeff[]"])("may be empty: %j", async (json) => {
    expect(await read(json)).toEqual([]);
  });

  it.each(["[", '[{"a":1}', '[{"a":1},', '[{"a":"]', '[{"a":1]', '["\\"]'])("must end: %j", async (json) => {
    await expect(read(json)).rejects.toThrow(new UnreadableFileError("the array does not end"));
  });

  it("must end wherever it was torn", async () => {
    const whole = JSON.stringify([{ a: "]" }, { b: [1, { c: '"' }] }]);
    for (let length = 1; length < whole.length; length++) {
      await expect(read(whole.slice(0, length)), whole.slice(0, length)).rejects.toThrow(UnreadableFileError);
    }
  });

  it.each(['[{"a":1}] {"a":2}', '[{"a":1}][]', "[1]]", "[1]}", '[1]"x"', '[1]"', "[1],", "[1]x"])(
    "must be all there is: %j",
    async (json) => {
      const error = new UnreadableFileError("there is text after the end of the array");
      await expect(read(json)).rejects.toThrow(error);
      await expect(read(json, [json.indexOf("]") + 1])).rejects.toThrow(error);
    },
  );

  it("may have an element as long as the limit, and none longer", async () => {
    const longest = `"${"x".repeat(98)}"`;
    await fc.assert(
      fc.asyncProperty(anyCuts, async (cuts) => {
        expect(await read(`[1,${longest},2]`, cuts, { maxRecordBytes: 100 })).toEqual(["1", longest, "2"]);
        await expect(read(`[1,${longest} ,2]`, cuts, { maxRecordBytes: 100 })).rejects.toThrow(
          "record 2 is longer than 100 bytes",
        );
      }),
      { numRuns: 50 },
    );
  });

  it("fails at an element of 50 MB before it has read three MB of it", async () => {
    const { source, taken } = endless(Buffer.from(`[${"x".repeat(1024 * 1024)}`), 50);
    await expect(linesOf(source, "json", { maxRecordBytes: 1024 * 1024 })).rejects.toThrow(UnreadableFileError);
    expect(taken()).toBeLessThanOrEqual(3);
  });
});
