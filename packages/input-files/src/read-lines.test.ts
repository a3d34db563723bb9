import { UnreadableFileError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCuts, brokenDisk, type Cuts, endless, inPieces, linesOf } from "../test/lines.js";
import type { ReadLimits } from "./read-limits.js";

function read(text: string, cuts: Cuts = [], limits: Partial<ReadLimits> = {}): Promise<string[]> {
  return linesOf(inPieces(Buffer.from(text), cuts), "json", limits);
}

describe("a .json file", () => {
  it("may be one object that stands on many lines", async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), anyCuts, async (object, cuts) => {
        const json = `\n${JSON.stringify(object, null, 2)}\n`;
        const lines = await read(json, cuts);
        expect(lines).toHaveLength(JSON.stringify(object) === "{}" ? 2 : 1);
        expect(lines.filter((line) => line !== "").map((line) => JSON.parse(line))).toEqual([JSON.parse(json)]);
      }),
      { numRuns: 200 },
    );
  });

  it("may be lines, with or without a last line end, with either line end, with blank lines", async () => {
    await fc.assert(
      fc.asyncProperty(anyCuts, async (cuts) => {
        expect(await read('{"a":1}\r\n\r\n{"a":2}', cuts)).toEqual(['{"a":1}\r', "\r", '{"a":2}']);
        expect(await read('\n{"a":1}\n{"a":2}\n', cuts)).toEqual(["", '{"a":1}', '{"a":2}']);
      }),
      { numRuns: 50 },
    );
  });

  it("is lines if its first line is broken: the other lines are taken in", async () => {
    await fc.assert(
      fc.asyncProperty(anyCuts, async (cuts) => {
        expect(await read('{"a":1\n{"a":2}\n{"a":3}\n', cuts)).toEqual(['{"a":1', '{"a":2}', '{"a":3}']);
      }),
      { numRuns: 50 },
    );
  });

  it("is lines if its first line is broken and the rest is more than one record may be", async () => {
    const rest = Array.from({ length: 100 }, (_, i) => `{"a":${i}}`);
    expect(await read(["{broken", ...rest].join("\n"), [50, 100, 150, 200], { maxRecordBytes: 100 })).toEqual([
      "{broken",
      ...rest,
    ]);
  });

  it("gives nothing for nothing", async () => {
    expect(await read("")).toEqual([]);
    expect(await read("\ufeff")).toEqual([]);
  });

  it("fails at 50 MB without a line end before it has read three MB of them", async () => {
    for (const text of ["x", " ", '{"a":"'.padEnd(1024, "x")]) {
      const { source, taken } = endless(Buffer.alloc(1024 * 1024, text), 50);
      await expect(linesOf(source, "json", { maxRecordBytes: 1024 * 1024 })).rejects.toThrow(UnreadableFileError);
      expect(taken()).toBeLessThanOrEqual(3);
    }
  });
});

// A disk that fails today may read tomorrow; a file that is unreadable goes to quarantine for good.
it.each(["json", "ndjson", "csv"] as const)("a disk's failure is not the file's: %s", async (shape) => {
  await expect(linesOf(brokenDisk(), shape)).rejects.toMatchObject({ code: "ENOENT" });
});
