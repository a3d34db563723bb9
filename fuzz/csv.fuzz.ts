import { UnreadableFileError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { detectCsvDialect } from "../packages/input-files/src/csv-dialect.js";
import { uniqueNames } from "../packages/input-files/src/csv-header.js";
import { csvLines } from "../packages/input-files/src/csv-lines.js";
import {
  type CsvRow,
  type CsvRowsOptions,
  csvRows,
  PLAIN_SYNTAX,
  utf8Of,
} from "../packages/input-files/src/csv-rows.js";
import { plainCsv } from "../packages/input-files/src/plain-csv.js";
import { rewriteCsv } from "../packages/input-files/src/rewrite-csv.js";
import { fastCsvRows } from "../packages/input-files/test/fast-csv-rows.js";
import { anyCuts, type Cuts, inPieces } from "../packages/input-files/test/lines.js";
import { csvDocument } from "./harness/csv-documents.js";
import { fuzz } from "./harness/fuzz.js";
import { anyText } from "./harness/inputs.js";

const LIMITS = { maxRecordBytes: 1024 * 1024, maxColumns: 1_000 };

const ROWS = { ...PLAIN_SYNTAX, maxRecordBytes: LIMITS.maxRecordBytes };

/** Returns the rows that our splitter cuts a file into. */
async function rowsOf(bytes: Buffer, cuts: Cuts, options: Partial<CsvRowsOptions> = {}): Promise<CsvRow[]> {
  const all: CsvRow[] = [];
  for await (const rows of csvRows(inPieces(bytes, cuts), { ...ROWS, ...options })) all.push(...rows);
  return all;
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
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
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

describe("CSV, beside fast-csv", () => {
  fuzz("csv: the grammar's own rows", 1, csvDocument, async ({ unmarked, rows }) => {
    expect(await fastCsvRows(unmarked)).toEqual(rows);
  });

  fuzz("csv: rows of valid files", 1, fc.tuple(csvDocument, anyCuts), async ([{ bytes, rows, rowBytes }, cuts]) => {
    const found = await rowsOf(bytes, cuts);
    expect(found.map(({ fields }) => fields.map(utf8Of))).toEqual(rows);
    expect(found.map(({ raw }) => raw.replace(/\r?\n$|\r$/, "").length)).toEqual(rowBytes);
  });

  fuzz(
    "csv: bad rows, and rows over the limit",
    1,
    fc.tuple(csvDocument, anyText, anyCuts, fc.constantFrom(8, 64, 4_096)),
    async ([{ bytes }, text, cuts, maxRecordBytes]) => {
      const file = Buffer.concat([bytes, Buffer.from(`"${text}`), bytes]);
      const whole = await rowsOf(file, [], { maxRecordBytes, cutsLong: true });
      expect(whole.map(({ raw }) => raw).join("")).toBe(file.toString("latin1"));
      // Of rows that are too long, the pieces depend on the bytes at hand.
      if (whole.some(({ problem }) => problem === "long")) return;
      expect(await rowsOf(file, cuts, { maxRecordBytes, cutsLong: true })).toEqual(whole);
    },
  );

  fuzz("csv: a file in any dialect", 0.5, fc.tuple(csvDocument, anyCuts), async ([{ bytes, rows }, cuts]) => {
    const names = rows[0]?.map((_text, i) => `c${i}`) ?? ["c0"];
    const form = { columns: names, required: [], decimals: [] };
    const dialect = detectCsvDialect(bytes, { form, columns: names, delimiter: "," });
    const plain = Buffer.from(await collect(plainCsv(inPieces(bytes, cuts), dialect, LIMITS)), "latin1");
    const records = await readRecords(plain, cuts);
    if (dialect.headerRow === 0)
      expect(records).toEqual(rows.map((row) => Object.fromEntries(row.map((text, i) => [`c${i}`, text]))));
  });

  fuzz("csv: records of valid files", 0.5, fc.tuple(csvDocument, anyCuts), async ([{ bytes, rows }, cuts]) => {
    const [header = [], ...others] = rows;
    const isRefused = header.some((name) => name.length > 128);
    const records = await readRecords(bytes, cuts);
    if (isRefused) expect(records).toBeUndefined();
    else {
      const unique = uniqueNames(header);
      const isHeader = (row: readonly string[]) => row.every((text, i) => text === header[i]);
      const expected = others.filter((row) => !isHeader(row));
      expect(records).toEqual(expected.map((row) => Object.fromEntries(unique.map((name, i) => [name, row[i]]))));
    }
    // An erasure comes to the same records as a load.
    const rewritten = await rewriteAsItIs(bytes, cuts, LIMITS.maxRecordBytes);
    expect(rewritten.text).toBe(bytes.toString("latin1"));
    // It also looks at a row that repeats the header.
    if (!isRefused) expect(rewritten.rows).toHaveLength(others.length);
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

  fuzz("csv: nothing is lost of anything", 0.5, fc.tuple(anyBytes, anyCuts), async ([bytes, cuts]) => {
    const records = await readRecords(bytes, cuts);
    expect(await readRecords(bytes, [])).toEqual(records);
  });
});
