import { gzipSync } from "node:zlib";
import { UnreadableFileError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { NAMES } from "../packages/datasets/test/records.js";
import { createArrayScanner } from "../packages/input-files/src/array-scanner.js";
import { readFileNames } from "../packages/input-files/src/file-name.js";
import { unpackedBytes } from "../packages/input-files/src/file-source.js";
import type { ByteSource } from "../packages/input-files/src/line-chunk.js";
import { readLines } from "../packages/input-files/src/read-lines.js";
import { rewriteRecords } from "../packages/input-files/src/rewrite-records.js";
import { salvagedBytes } from "../packages/input-files/src/salvaged-bytes.js";
import { convert } from "../packages/input-files/test/converted.js";
import { anyCuts, type Cuts, inPieces } from "../packages/input-files/test/lines.js";
import { fuzz } from "./harness/fuzz.js";
import { anyFile, anyText, mutated, SHAPES, validFile } from "./harness/inputs.js";

const LIMITS = { maxRecordBytes: 200, maxColumns: 6 };
const limits = fc.constantFrom(LIMITS, { maxRecordBytes: 64 * 1024, maxColumns: 100 });

/** Returns all bytes of a source, or why there are none; any failure but that of an unreadable file is one of ours. */
async function outcomeOf(source: ByteSource): Promise<{ text: string } | { unreadable: string }> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of source) pieces.push(piece);
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    return { unreadable: error.message };
  }
  return { text: Buffer.concat(pieces).toString("latin1") };
}

async function* linesOf(bytes: ByteSource, shape: (typeof SHAPES)[number], readLimits: typeof LIMITS) {
  for await (const chunk of readLines(bytes, shape, readLimits)) {
    const ends = chunk.bytes.filter((byte) => byte === 0x0a).length;
    if (ends !== chunk.lines || chunk.bytes.at(-1) !== 0x0a) throw new Error("a chunk does not hold whole lines");
    yield chunk.bytes;
  }
}

async function converted(file: Buffer, cuts: Cuts, namedShape: (typeof SHAPES)[number]) {
  try {
    const { bytes, convertedFrom } = await convert(file, cuts, { namedShape });
    return { text: bytes.toString("latin1"), convertedFrom };
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    return { unreadable: error.message };
  }
}

describe("files", () => {
  for (const shape of SHAPES) {
    const bytes = anyFile.filter(([of]) => of === shape).map(([, file]) => file);
    fuzz(
      `readLines, ${shape}`,
      shape === "csv" ? 0.4 : 1,
      fc.tuple(bytes, anyCuts, limits),
      async ([file, cuts, limit]) => {
        const whole = await outcomeOf(linesOf(inPieces(file), shape, limit));
        const cut = await outcomeOf(linesOf(inPieces(file, cuts), shape, limit));
        // Which of two faults is met first may depend on the pieces; whether the file can be read may not.
        if ("text" in whole) expect(cut).toEqual(whole);
        else expect(cut).toHaveProperty("unreadable");
        if (shape !== "ndjson" || !("text" in whole)) return;
        const given = file.subarray(file.indexOf("\ufeff") === 0 ? 3 : 0).toString("latin1");
        expect(whole.text).toBe(given === "" || given.endsWith("\n") ? given : `${given}\n`);
      },
    );
  }

  fuzz("convertInput", 1, fc.tuple(anyFile, anyCuts), async ([[namedShape, file], cuts]) => {
    const [whole, cut] = await Promise.all([converted(file, [], namedShape), converted(file, cuts, namedShape)]);
    expect(cut).toEqual(whole);
  });

  fuzz(
    "rewriteRecords",
    0.7,
    fc.tuple(anyFile, anyCuts, fc.constantFrom(8, 200, 4_096)),
    async ([[shape, file], cuts, most]) => {
      const keep = { json: () => undefined, csv: () => undefined };
      const rewritten = await outcomeOf(rewriteRecords(inPieces(file, cuts), shape, keep, most));
      expect(rewritten).toEqual({ text: file.toString("latin1") });
    },
  );

  fuzz(
    "array scanner",
    1,
    fc.tuple(mutated(validFile("json")), anyCuts, fc.boolean()),
    async ([file, cuts, lenient]) => {
      const seen: Buffer[] = [];
      const scanner = createArrayScanner(
        (element) => seen.push(element),
        (between) => seen.push(between),
        lenient,
      );
      try {
        for await (const piece of inPieces(file, cuts)) scanner.push(piece);
        scanner.end();
      } catch (error) {
        expect(lenient).toBe(false);
        expect(error).toBeInstanceOf(UnreadableFileError);
        return;
      }
      expect(Buffer.concat(seen).equals(file)).toBe(true);
    },
  );

  const gzip = mutated(
    fc
      .array(anyText, { minLength: 1, maxLength: 2 })
      .map((texts) => Buffer.concat(texts.map((text) => gzipSync(text)))),
  );
  fuzz("gunzip", 0.1, fc.tuple(gzip, anyCuts), async ([file, cuts]) => {
    const whole = await outcomeOf(unpackedBytes(inPieces(file), true));
    const cut = await outcomeOf(unpackedBytes(inPieces(file, cuts), true));
    const salvaged = await outcomeOf(salvagedBytes(inPieces(file, cuts), true));
    expect(cut).toEqual(whole);
    if ("text" in whole) expect(salvaged).toEqual(whole);
    else expect(salvaged).toHaveProperty("text");
  });

  const name = fc.oneof(
    anyText,
    mutated(
      fc.constantFrom("transactions.json.gz", "erasure-requests.7f3a.ndjson").map((text) => Buffer.from(text)),
    ).map(String),
  );
  const { parse } = readFileNames(NAMES);
  fuzz("parseFileName", 1, name, (text) => {
    const parsed = parse(text);
    if (parsed === undefined) return;
    expect(NAMES).toContain(parsed.dataset);
    const letters = text
      .normalize("NFKC")
      .toLowerCase()
      .replace(/[^a-z]/g, "");
    expect(letters).toContain(parsed.dataset.replace("-", "").replace(/s$/, ""));
  });
});
