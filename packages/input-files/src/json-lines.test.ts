import { UnreadableFileError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCuts, endless, inPieces, linesOf } from "../test/lines.js";

describe("a file of JSON lines", () => {
  it("is cut at its line ends alone, however its bytes come", async () => {
    const line = fc
      .oneof(fc.constantFrom("", "\r", " ", '{"a":1}\r'), fc.string({ unit: "grapheme" }))
      .map((text) => text.replaceAll("\n", " "));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 20 }), fc.boolean(), anyCuts, async (lines, ends, cuts) => {
        const text = lines.join("\n") + (ends && lines.length > 0 ? "\n" : "");
        const expected = text === "" ? [] : text.replace(/\n$/, "").split("\n");
        expect(await linesOf(inPieces(Buffer.from(text), cuts), "ndjson")).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps blank lines, so that the lines after them have their numbers in the file", async () => {
    expect(await linesOf(inPieces(Buffer.from('\n{"a":1}\n\n\n{"a":2}')), "ndjson")).toEqual([
      "",
      '{"a":1}',
      "",
      "",
      '{"a":2}',
    ]);
  });

  it("keeps bytes that are not UTF-8 as they are", async () => {
    const bytes = Buffer.from([0x61, 0xff, 0xfe, 0x0a, 0x62, 0x0a]);
    expect(await linesOf(inPieces(bytes), "ndjson")).toHaveLength(2);
  });

  it("may start with a byte order mark, also one that comes byte by byte", async () => {
    await fc.assert(
      fc.asyncProperty(anyCuts, async (cuts) => {
        const bytes = Buffer.from('\ufeff{"a":1}\n');
        expect(await linesOf(inPieces(bytes, cuts), "ndjson")).toEqual(['{"a":1}']);
      }),
      { numRuns: 50 },
    );
  });

  it("may have a line as long as the limit, and none longer", async () => {
    await fc.assert(
      fc.asyncProperty(anyCuts, async (cuts) => {
        const longest = "x".repeat(100);
        const read = (text: string) => linesOf(inPieces(Buffer.from(text), cuts), "ndjson", { maxRecordBytes: 100 });
        expect(await read(`a\n${longest}\nb`)).toEqual(["a", longest, "b"]);
        await expect(read(`a\nb\n${longest}x\nc`)).rejects.toThrow("record 3 is longer than 100 bytes");
        await expect(read(`${longest}x`)).rejects.toThrow(UnreadableFileError);
      }),
      { numRuns: 50 },
    );
  });

  it("fails at a line of 50 MB before it has read two MB of it", async () => {
    const { source, taken } = endless(Buffer.alloc(1024 * 1024, "x"), 50);
    await expect(linesOf(source, "ndjson", { maxRecordBytes: 1024 * 1024 })).rejects.toThrow(UnreadableFileError);
    expect(taken()).toBeLessThanOrEqual(2);
  });
});
