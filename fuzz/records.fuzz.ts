import { QUARANTINE_ROW_COLUMNS } from "@lethe/contracts/quarantine-row";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { copyRow } from "../packages/datasets/src/copy-text.js";
import { datasets, NAMES, RECORDS } from "../packages/datasets/test/records.js";
import { maskRawRecords } from "../packages/erasure/src/mask-record-text.js";
import { namesSuppressed } from "../packages/erasure/src/names-suppressed.js";
import { parseJson } from "../packages/erasure/src/parse-json.js";
import { strategiesOf } from "../packages/privacy/src/policy.js";
import { parsePrivacyKey } from "../packages/privacy/src/privacy-key.js";
import { readPolicy } from "../packages/privacy/src/read-policy.js";
import type { FindSuppression } from "../packages/privacy/src/suppression-list.js";
import { parseLine } from "../services/transformer/src/parse-line.js";
import { type TransformInput, transformBatch } from "../services/transformer/src/transform-batch.js";
import { fuzz } from "./harness/fuzz.js";
import { anyText, mutated } from "./harness/inputs.js";

const KEY = parsePrivacyKey("11".repeat(32));
const POLICY = readPolicy({}, datasets.fields);
const masking = (name: string) => ({ strategies: strategiesOf(POLICY, name), replacementOf: () => undefined });
const MAX_NESTING = 10;

/** The person of the records that mutation starts from, who may be suppressed. */
const PERSON: FindSuppression = (id, email) =>
  id === "013000" || email === "markx7jane@example.org"
    ? { subjectId: "subject", key: KEY, outcome: "pseudonymise" as const }
    : undefined;
const NOBODY: FindSuppression = () => undefined;

const DECIMALS = fc.constantFrom("0", "1", "1.", ".5", "01.10", "9999999999.9999", "-1", "1e3", "4.99", "14.97");
const ANY_VALUE = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  anyText,
  DECIMALS,
  fc.integer(),
  // The person's own: also where a field is kept.
  fc.constantFrom("013000", " 013000", "MARKx7Jane@example.org", "to markx7jane@example.org"),
);

/** A record of a dataset with some values, at whatever depth, exchanged, taken away or added. */
function nearRecord(dataset: (typeof NAMES)[number]): fc.Arbitrary<unknown> {
  const exchange = fc.record({ at: fc.nat(40), value: ANY_VALUE, add: fc.boolean(), name: anyText });
  return fc.array(exchange, { maxLength: 3 }).map((exchanges) => {
    const record = structuredClone(RECORDS[dataset]);
    for (const { at, value, add, name } of exchanges) {
      const groups = groupsOf(record);
      const group = groups[at % groups.length] ?? {};
      const names = Object.keys(group);
      const field = add ? name : (names[at % Math.max(names.length, 1)] ?? name);
      if (value === null && !add) Reflect.deleteProperty(group, field);
      else Object.defineProperty(group, field, { value, enumerable: true, configurable: true, writable: true });
    }
    return record;
  });
}

function groupsOf(value: unknown): object[] {
  if (typeof value !== "object" || value === null) return [];
  return [value, ...Object.values(value).flatMap(groupsOf)];
}

function anyLine(dataset: (typeof NAMES)[number]): fc.Arbitrary<Buffer> {
  const near = nearRecord(dataset).map((record) => Buffer.from(JSON.stringify(record)));
  const any = fc.oneof(
    { weight: 4, arbitrary: near },
    { weight: 2, arbitrary: mutated(fc.constant(Buffer.from(JSON.stringify(RECORDS[dataset])))) },
    { weight: 1, arbitrary: fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))) },
    { weight: 1, arbitrary: anyText.map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
  );
  return any.map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0x0a ? 0x20 : byte))));
}

/** A CSV row's texts, as the extractor hands them on. */
function anyRow(dataset: (typeof NAMES)[number]): fc.Arbitrary<Buffer> {
  return nearRecord(dataset).map((record) => {
    const fields = Object.entries(record as object).map(([name, value]) => [
      name,
      typeof value === "string" ? value : value === null ? "" : JSON.stringify(value),
    ]);
    return Buffer.from(JSON.stringify(Object.fromEntries(fields)));
  });
}

/** JSON that is deeper than a stack, wider than a call's arguments, or one word. */
const hugeValue = fc.constantFrom(
  `${"[".repeat(100_000)}"jane@example.org"${"]".repeat(100_000)}`,
  `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`,
  `[${"0,".repeat(300_000)}"MARKx7Jane@example.org"]`,
  `[${"[],".repeat(200_000)}{}]`,
  `"${"a".repeat(900_000)}"`,
  `"${"a@".repeat(400_000)}"`,
  `"${"\\u0000".repeat(100_000)}"`,
  `"${" ".repeat(900_000)}"`,
  "9".repeat(500_000),
);

function batchOf(
  name: (typeof NAMES)[number],
  encoding: "json" | "csv",
  batch: readonly Buffer[],
  findSuppression: FindSuppression,
): TransformInput {
  const lines = Buffer.concat(batch.flatMap((line) => [line, Buffer.from("\n")]));
  const segment = { fileId: 1, partition: { date: "2020-01-31", hour: 5 }, encoding, firstOrdinal: 0, firstLine: 1 };
  return {
    runId: "run",
    batchId: "batch",
    dataset: datasets.get(name),
    manifest: { segments: [{ ...segment, lineCount: batch.length }], bytes: lines.length },
    lines,
    ring: { current: KEY, all: [KEY] },
    findSuppression,
    judgeArrival(customerId, email) {
      const suppression = findSuppression(customerId, email);
      if (suppression === undefined) return { kind: "plain" };
      return { kind: "masked", suppression, bearsNew: true, hasSharedId: false };
    },
    strategies: strategiesOf(POLICY, name),
    maxNesting: MAX_NESTING,
    schemaMode: "quarantine",
    refundMode: "reject",
  };
}

/** Reads rows of COPY's text format back, by the rules of PostgreSQL's manual. */
function readCopy(text: string): (string | null)[][] {
  expect(text).not.toContain("\0");
  expect(text === "" || text.endsWith("\n")).toBe(true);
  const special: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };
  return text
    .split("\n")
    .slice(0, -1)
    .map((row) =>
      row
        .split("\t")
        .map((field) =>
          field === "\\N"
            ? null
            : field.replace(/\\([\s\S])/g, (_all, character: string) => special[character] ?? character),
        ),
    );
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

describe("records", () => {
  fuzz("parseLine", 1, fc.oneof(...NAMES.map(anyLine)), (line) => {
    const parsed = parseLine(line, MAX_NESTING);
    const kept = Buffer.from(parsed.text, parsed.problem === undefined ? "utf8" : parsed.encoding);
    if (parsed.problem !== undefined && parsed.encoding === "base64") expect(kept.equals(line)).toBe(true);
    else expect(kept.toString()).toBe(line.toString().trim());
    expect(parsed.text).not.toContain("\0");
    if (parsed.problem === undefined) expect(JSON.stringify(parsed.record)).not.toMatch(/(?<!\\)(\\\\)*\\u0000/);
  });

  fuzz(
    "copyRow",
    1,
    fc.array(
      fc.oneof(
        anyText.map((text) => text.replaceAll("\0", "")),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
      ),
      {
        minLength: 1,
        maxLength: 5,
      },
    ),
    (values) => expect(readCopy(copyRow(values))).toEqual([values.map(textOf)]),
  );

  for (const name of NAMES) {
    const dataset = datasets.get(name);
    const lines = fc.oneof(
      fc.tuple(fc.constant<"json" | "csv">("json"), fc.array(anyLine(name), { minLength: 1, maxLength: 4 })),
      fc.tuple(fc.constant<"json" | "csv">("csv"), fc.array(anyRow(name), { minLength: 1, maxLength: 4 })),
    );
    fuzz(`transformBatch, ${name}`, 0.4, fc.tuple(lines, fc.boolean()), async ([[encoding, batch], suppressed]) => {
      const output = transformBatch(batchOf(name, encoding, batch, suppressed ? PERSON : NOBODY));
      const [{ records, rejected } = { records: -1, rejected: -1 }] = output.segments;
      expect(records).toBe(batch.filter((line) => !/^[ \t\r]*$/.test(line.toString("latin1"))).length);

      const rejects = readCopy(Buffer.concat(output.rejects.take()).toString());
      expect(rejects).toHaveLength(rejected);
      for (const reject of rejects) expect(reject).toHaveLength(Object.keys(QUARANTINE_ROW_COLUMNS).length);
      expect(Object.values(output.rejectedByReason).reduce((sum, count) => sum + count, 0)).toBe(rejected);

      const processedText = Buffer.concat(output.processed.take()).toString();
      const processed = processedText
        .split("\n")
        .slice(0, -1)
        .map((line): Record<string, unknown> => JSON.parse(line));
      expect(processed).toHaveLength(records - rejected);
      expect(output.processedIndex).toHaveLength(8 * processed.length);

      const tables = output.tables.map((table) => readCopy(Buffer.concat(table.take()).toString()));
      expect(tables[0]).toHaveLength(processed.length);
      tables.forEach((rows, i) => {
        const columns = dataset.stagingTables[i]?.columns ?? [];
        for (const row of rows) expect(row).toHaveLength(columns.length);
      });
      tables[0]?.forEach((row, i) => {
        const columns = dataset.stagingTables[0]?.columns ?? [];
        const values = { ...(processed[i]?.delivery_address as object), ...processed[i] };
        columns.forEach(([column], c) => {
          if (Object.hasOwn(values, column)) expect(row[c], column).toBe(textOf(Reflect.get(values, column)));
        });
      });
    });

    fuzz(
      `huge records, ${name}`,
      0.001,
      fc.tuple(hugeValue, fc.nat(20), fc.boolean()),
      async ([value, at, isPerson]) => {
        const fields = Object.entries(RECORDS[name]).map(([field, valid], i, all) =>
          i === at % all.length ? `"${field}":${value}` : `"${field}":${JSON.stringify(valid)}`,
        );
        const text = `{${fields.join(",")}}`;
        const find = isPerson ? PERSON : NOBODY;
        const output = transformBatch(batchOf(name, "json", [Buffer.from(text)], find));
        expect(output.segments).toMatchObject([{ records: 1 }]);
        const rewrite = maskRawRecords(dataset, masking(name), find, () => undefined);
        const masked = rewrite.json(text) ?? text;
        expect(namesSuppressed(dataset, parseJson(masked), masked, find)).toBe(false);
      },
    );

    const texts = fc.oneof(anyLine(name), mutated(anyLine(name))).map((line) => line.toString().trim());
    fuzz(`masking of raw records, ${name}`, 0.4, texts, (text) => {
      const rewrite = maskRawRecords(dataset, masking(name), PERSON, () => undefined);
      const masked = rewrite.json(text) ?? text;
      expect(namesSuppressed(dataset, parseJson(masked), masked, PERSON)).toBe(false);
    });
    fuzz(`masking of raw rows, ${name}`, 0.4, anyRow(name), (line) => {
      const rewrite = maskRawRecords(dataset, masking(name), PERSON, () => undefined);
      const row: Record<string, string> = JSON.parse(line.toString());
      const masked = rewrite.csv(row) ?? row;
      expect(Object.keys(masked)).toEqual(Object.keys(row));
      expect(namesSuppressed(dataset, dataset.fromCsv(masked), JSON.stringify(masked), PERSON)).toBe(false);
    });
  }
});
