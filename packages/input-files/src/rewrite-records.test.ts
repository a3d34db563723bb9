import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCuts, type Cuts, inPieces } from "../test/lines.js";
import type { Rewrite } from "./rewrite.js";
import { rewriteRecords } from "./rewrite-records.js";

type Shape = "json" | "ndjson" | "csv";

const anyShape = fc.constantFrom<Shape>("json", "ndjson", "csv");
const MAX_RECORD_BYTES = 64 * 1024;
const NOTHING: Rewrite = { json: () => undefined, csv: () => undefined };
const ANN: Rewrite = {
  json: (text) => (text.includes("Ann") ? "-" : undefined),
  csv: (row) => (row.name === "Ann" ? { ...row, name: "-" } : undefined),
};

async function rewrite(
  bytes: Buffer,
  shape: Shape,
  rewriting: Rewrite,
  cuts: Cuts = [],
  maxRecordBytes = MAX_RECORD_BYTES,
): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of rewriteRecords(inPieces(bytes, cuts), shape, rewriting, maxRecordBytes)) {
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("latin1");
}

describe("rewriteRecords", () => {
  it("gives every byte as it was where nothing is rewritten, whatever they are", async () => {
    const syntax = fc.string({ unit: fc.constantFrom(...'[]{},:"\\\n\r a1é'), maxLength: 60 });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
      syntax.map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, anyShape, anyCuts, async (given, shape, cuts) => {
        expect(await rewrite(given, shape, NOTHING, cuts)).toBe(given.toString("latin1"));
        expect(await rewrite(given, shape, NOTHING, cuts, 8)).toBe(given.toString("latin1"));
      }),
      { numRuns: 500 },
    );
  });

  it("reads a record that is not UTF-8 as Latin-1, too", async () => {
    const zoe: Rewrite = { json: (text) => (text.includes("zo\u00eb@x") ? "-" : undefined), csv: () => undefined };
    const bytes = Buffer.from('{"a":"\u00e9"}\n{"a":"zo\u00eb@x"}\n', "latin1");
    expect(await rewrite(bytes, "ndjson", zoe)).toBe('{"a":"\u00e9"}\n-\n');
    expect(await rewrite(Buffer.from('{"a":"zo\u00eb@x"}\n'), "ndjson", zoe)).toBe("-\n");
  });

  it("replaces names in the header of a CSV file, and knows the rows by the old ones", async () => {
    const header = (names: readonly string[]) => names.map((name) => (name === "x" ? "a, b" : name));
    expect(await rewrite(Buffer.from("\ufeffname,x\r\nAnn,1\r\nBob,2\r\n"), "csv", { ...ANN, header })).toBe(
      'name,"a, b"\r\n-,1\r\nBob,2\r\n',
    );
  });

  it.each<[Shape, string, string]>([
    ["ndjson", '{"a":"Ann"}\r\n {"a":"Bob"}\n{"a":"Ann', '-\r\n {"a":"Bob"}\n-'],
    ["json", '[ {"a":"Ann"},\n{"a":"Bob"} ]\n', '[ -,\n{"a":"Bob"} ]\n'],
    ["json", '[{"a":"Ann"},{"a":"Bob"},{"a":"Ann', '[-,{"a":"Bob"},-'],
    ["json", '[{"a":"Bob"}]\n{"a":"Ann"}', '[{"a":"Bob"}]\n-'],
    ["json", '{\n"a":\n"Ann"}', "-"],
    ["csv", "name,b\r\nAnn,1\r\nBob,2\r\n", "name,b\r\n-,1\r\nBob,2\r\n"],
    ["csv", "name,b\rBob,1\rAnn,2", "name,b\rBob,1\r-,2"],
    ["csv", 'name,b\nBob,5" wide\nAnn,5" wide\nBob,2\n', 'name,b\nBob,5" wide\n-,"5"" wide"\nBob,2\n'],
    ["csv", 'name,b\n"Ann",2,3\nBob,"1', 'name,b\n-\nBob,"1'],
    ["csv", 'name,b\nBob,2\nAnn,"1', "name,b\nBob,2\n-"],
    ["csv", 'name,b\nBob,\u00a0"1\n2"\nAnn,3\n', 'name,b\nBob,\u00a0"1\n2"\n-,3\n'],
    ["csv", "name,b\n\ufeff\ufeffAnn,1\n", "name,b\n-,1\n"],
    ["csv", 'name,b\nBob,"x" y\nAnn,"1"\n', 'name,b\nBob,"x" y\n-,1\n'],
    ["csv", 'name,b\nAnn,"x" y\nBob,"1"\n', 'name,b\n-\nBob,"1"\n'],
    ["csv", 'name,b\nBob,"x\nAnn,"1"\nAnn,2\n', 'name,b\nBob,"x\n-,1\n-,2\n'],
    ["csv", "name,b,b\r\nAnn,1,2\r\n", "name,b,b\r\n-,1,2\r\n"],
    ["csv", "\ufeff\ufeffname,b\n\nlethe:quote,Ann;1,\nBob,1\n", "\ufeff\ufeffname,b\n\n-\nBob,1\n"],
  ])("in %s rewrites of %j the records that it is told to", async (shape, given, expected) => {
    const bytes = Buffer.from(expected).toString("latin1");
    expect(await rewrite(Buffer.from(given), shape, ANN)).toBe(bytes);
    expect(await rewrite(Buffer.from(given), shape, ANN, "everywhere")).toBe(bytes);
  });

  it.each<[Shape, string, string]>([
    ["ndjson", "{", "}\n"],
    ["json", "[{", "}]"],
    ["json", "{", "}"],
    ["csv", 'a,b\n"', '"\n'],
  ])("takes a record of %s that is too long in pieces, and cuts no word in two", async (shape, before, after) => {
    const words = Array.from({ length: 3_000 }, (_, i) => `word-${i}`).join(" ");
    const given = Buffer.from(
      `${before}"x":"${words} Ann ${words}"${after}`.replaceAll('"', shape === "csv" ? "" : '"'),
    );
    const longest = { bytes: 0 };
    const seen: string[] = [];
    const look: Rewrite = {
      json(text) {
        longest.bytes = Math.max(longest.bytes, text.length);
        seen.push(...text.split(/[\s":]+/));
        return undefined;
      },
      csv: () => undefined,
    };
    const pieces = Array.from({ length: 200 }, (_, i) => i * 300);
    await rewrite(given, shape, look, pieces, 4_096);
    expect(longest.bytes).toBeLessThan(5_000);
    const all = [...words.split(" "), "Ann", ...words.split(" ")];
    expect(seen.filter((word) => word === "Ann" || /^word-\d+$/.test(word))).toEqual(all);
  });
});
