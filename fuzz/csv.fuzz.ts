import { UnreadableFileError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { csvLines } from "../packages/input-files/src/csv-lines.js";
import { createRowEndFinder } from "../packages/input-files/src/csv-row-ends.js";
import { dropRowMarks } from "../packages/input-files/src/drop-row-marks.js";
import { guardCsv } from "../packages/input-files/src/guard-csv.js";
import { rewriteCsv } from "../packages/input-files/src/rewrite-csv.js";
import { fastCsvRows } from "../packages/input-files/test/fast-csv-rows.js";
import { anyCuts, type Cuts, inPieces } from "../packages/input-files/test/lines.js";
import { csvDocument } from "./harness/csv-documents.js";
import { fuzz } from "./harness/fuzz.js";
import { anyText } from "./harness/inputs.js";

const LIMITS = { maxRecordBytes: 1024 * 1024, maxColumns: 1_000 };

/** Cuts a file where our scanner sees a row's end. */
function cutAtRowEnds(bytes: Buffer): string[] {
  const endsRow = createRowEndFinder();
  const rows: string[] = [];
  let start = 0;
  for (const [i, byte] of bytes.entries()) {
    if (!endsRow(byte)) continue;
    rows.push(bytes.toString("utf8", start, i + 1));
    start = i + 1;
  }
  return [...rows, bytes.toString("utf8", start)];
}

async function collect(source: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces).toString("latin1");
}

/** Returns the records that our reader makes of a file; undefined where it says that the file cannot be read. */
async function readRecords(bytes: Buffer, cuts: Cuts): Promise<unknown[] | undefined> {
  const lines: string[] = [];
  try {
    for await (const chunk of csvLines(inPieces(bytes, cuts), LIMITS)) {
      lines.push(...chunk.bytes.toString("utf8").split("\n").slice(0, -1));
    }
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    return undefined;
  }
  return lines.map((line) => JSON.parse(line));
}

/** Rewrites a file with what changes nothing; returns its bytes, and the rows and texts that it was asked about. */
async function rewriteAsItIs(bytes: Buffer, cuts: Cuts, most: number) {
  const rows: unknown[] = [];
  const rewrite = {
    csv(row: Readonly<Record<string, string>>) {
      rows.push(row);
      return undefined;
    },
    json: () => undefined,
  };
  return { text: await collect(rewriteCsv(inPieces(bytes, cuts), rewrite, most)), rows };
}

/** A text without what CSV may take for syntax. */
const withoutSyntax = (text: string) => text.replace(/[\s",]/g, "");

describe("CSV, beside fast-csv", () => {
  fuzz("csv: the grammar's own rows", 1, csvDocument, async ({ unmarked, rows }) => {
    expect(await fastCsvRows(unmarked)).toEqual(rows);
  });

  fuzz("csv: rows cut at our row ends", 1, csvDocument, async ({ bytes, rows }) => {
    const found = await Promise.all(cutAtRowEnds(bytes).map((row) => fastCsvRows(row.replace(/^\ufeff+/, ""))));
    expect(found.flat()).toEqual(rows);
  });

  fuzz("csv: marks at the start of rows", 1, fc.tuple(csvDocument, anyCuts), async ([{ bytes, unmarked }, cuts]) => {
    const kept = await collect(dropRowMarks(inPieces(bytes, cuts)));
    expect(Buffer.from(kept, "latin1").toString("utf8")).toBe(unmarked);
  });

  fuzz(
    "csv: rows over the limit",
    1,
    fc.tuple(csvDocument, anyCuts, fc.constantFrom(8, 64, 1_024)),
    async ([{ bytes, rowBytes }, cuts, most]) => {
      const guarded = collect(guardCsv(inPieces(bytes, cuts), most));
      if (Math.max(0, ...rowBytes) > most) await expect(guarded).rejects.toThrow(UnreadableFileError);
      else expect(await guarded).toBe(bytes.toString("latin1"));
    },
  );

  fuzz("csv: records of valid files", 0.5, fc.tuple(csvDocument, anyCuts), async ([{ bytes, rows }, cuts]) => {
    const [header = [], ...others] = rows;
    const names = header.filter((name) => name !== "");
    const isRefused = new Set(names).size < names.length || names.some((name) => name.length > 128);
    const records = await readRecords(bytes, cuts);
    if (isRefused) expect(records).toBeUndefined();
    else {
      const toRecord = (row: readonly string[]) =>
        row.length === header.length ? Object.fromEntries(header.map((name, i) => [name, row[i]])) : row;
      expect(records).toEqual(others.map(toRecord));
    }
    // An erasure comes to the same records as a load.
    const rewritten = await rewriteAsItIs(bytes, cuts, LIMITS.maxRecordBytes);
    expect(rewritten.text).toBe(bytes.toString("latin1"));
    // It also knows a column by its name whose quotes have a mark within them.
    const isExact = !isRefused && !names.some((name) => name.startsWith("\ufeff"));
    if (isExact) expect(rewritten.rows).toEqual(records?.filter((record) => !Array.isArray(record)));
  });

  const anyBytes = fc.oneof(
    csvDocument.map(({ bytes }) => bytes),
    fc.tuple(anyText, anyText).map((texts) => Buffer.from(texts.join("\n"))),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  );

  fuzz(
    "csv: every byte of anything",
    1,
    fc.tuple(anyBytes, anyCuts, fc.constantFrom(8, 200, 4_096)),
    async ([bytes, cuts, most]) => {
      expect((await rewriteAsItIs(bytes, cuts, most)).text).toBe(bytes.toString("latin1"));
    },
  );

  fuzz("csv: every character of anything", 0.5, fc.tuple(anyBytes, anyCuts), async ([bytes, cuts]) => {
    const unmarked = Buffer.from(await collect(dropRowMarks(inPieces(bytes))), "latin1");
    const whole = await fastCsvRows(unmarked.toString("utf8"));
    const records = await readRecords(bytes, cuts);
    // What fast-csv cannot read as a whole is no CSV for us either, however it comes.
    if (whole === undefined) expect(records).toBeUndefined();
    if (records === undefined || whole === undefined) return;
    const [header = [], ...others] = whole;
    // Of several columns without a name a record holds the last.
    if (header.filter((name) => name === "").length > 1) return;
    const values = records.flatMap((record) =>
      Array.isArray(record) ? record : header.map((name) => (record as Record<string, string>)[name]),
    );
    const text = withoutSyntax([...header, ...values].join(""));
    expect(text).toBe(withoutSyntax(bytes.toString("utf8")));
    expect(records).toHaveLength(others.length);
  });
});
