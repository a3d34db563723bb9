import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { inputFormatOf } from "@lethe/input-files/input-format";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { dataFolderOf } from "@lethe/test-kit/data-folder";
import { describe, expect, it } from "vitest";
import { inspectFile } from "./inspect-file.js";

const KEEP_BYTES = 1024;
const LIMITS = { maxRecordBytes: 64 * 1024, maxColumns: 20, maxFileBytes: 64 * 1024 * 1024, maxUnpackRatio: 10 };
const CSV = { form: { columns: ["id", "identification"], required: ["id"], decimals: [] } };
const FORMAT = { shape: "json", gzip: false } as const;
const LINES = '{"id":"013000"}\n{"id":"013001"}\n';

async function inspect(name: string, content: string | Buffer, limits: Partial<typeof LIMITS> = {}) {
  const storage = openFolderStorage(await dataFolderOf({ [`claimed/${name}`]: content }));
  const format = inputFormatOf(name);
  if (format === undefined) throw new Error("no such format");
  const file = { path: name, partition: { date: "2020-01-01", hour: 5 }, namedFormat: format, claimedKey: name };
  const inspected = await inspectFile(
    storage,
    file,
    KEEP_BYTES,
    { ...LIMITS, ...limits, csv: CSV },
    new AbortController().signal,
  );
  if (inspected === undefined) throw new Error("the file is gone");
  return inspected;
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

describe("inspectFile", { timeout: 30_000 }, () => {
  it.each([
    ["customers.json", LINES],
    ["customers.json.gz", gzipSync(LINES)],
    ["customers.csv", "id\n013000\n013001\n"],
    ["customers.json", '[{"id":"013000"},\n{"id":"013001"}]'],
  ])("gives a small file's lines, its bytes on disk and their hash: %s", async (name, content) => {
    const file = await inspect(name, content);
    const text = Buffer.concat((file.lines ?? []).map(({ bytes }) => bytes)).toString();
    const lines = text.split("\n").slice(0, -1);
    const records = lines.filter((line) => line !== "").map((line) => JSON.parse(line));
    expect(records).toEqual([{ id: "013000" }, { id: "013001" }]);
    expect(file.lines?.reduce((sum, chunk) => sum + chunk.lines, 0)).toBe(lines.length);
    expect(file.bytes).toBe(Buffer.byteLength(content));
    expect(file.sha256.toString("hex")).toBe(sha256(content));
    expect(file.unreadable).toBeUndefined();
  });

  it("keeps no lines of a large file", async () => {
    const content = LINES.repeat(100);
    const file = await inspect("customers.json", content);
    expect(file.lines).toBeUndefined();
    expect(file.unreadable).toBeUndefined();
    expect(file.sha256.toString("hex")).toBe(sha256(content));
  });

  // The hash is what an unreadable file is known by when it comes again, so it must be of all of its bytes.
  it.each([
    ["an array with text after it", "customers.json", `[{"id":"013000"}] ${"x".repeat(3_000_000)}`],
    ["a line over the limit", "customers.ndjson", `${LINES}${"x".repeat(3_000_000)}\n${LINES}`],
    ["gzip that is torn", "customers.json.gz", gzipSync(LINES.repeat(1_000)).subarray(0, -5)],
    ["something else", "customers.json", Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(3_000_000, 1)])],
    ["a header whose quotes do not end", "customers.csv", `"id\n${"013000\n".repeat(400_000)}`],
    ["CSV that is not UTF-8", "customers.csv", Buffer.concat([Buffer.from([0xff]), Buffer.alloc(3_000_000, "x\n")])],
  ])("hashes all of an unreadable file, and gives none of its lines: %s", async (_what, name, content) => {
    const file = await inspect(name, content);
    expect(file.unreadable?.code).toBe("file_unreadable");
    expect(file.lines).toBeUndefined();
    expect(file.bytes).toBe(Buffer.byteLength(content));
    expect(file.sha256.toString("hex")).toBe(sha256(content));
  });

  it("refuses a packed file that becomes far larger, once it is more than 16 MiB", async () => {
    const repetitive = (mib: number) => gzipSync(Buffer.alloc(mib * 1024 * 1024, LINES));
    const large = await inspect("customers.json.gz", repetitive(17));
    expect(large.unreadable?.message).toBe(
      "the file becomes more than 10 times as large when it is unpacked (LETHE_MAX_UNPACK_RATIO)",
    );
    expect(large.sha256.toString("hex")).toBe(sha256(repetitive(17)));
    expect((await inspect("customers.json.gz", repetitive(16))).unreadable).toBeUndefined();
    expect((await inspect("customers.json.gz", repetitive(17), { maxUnpackRatio: 1_000 })).unreadable).toBeUndefined();
  });

  it.each([
    ["as it lies on disk", "customers.json", LINES.repeat(100)],
    ["once it is unpacked", "customers.json.gz", gzipSync(LINES.repeat(100))],
    ["as lines that name their fields", "customers.csv", `identification\n${"1\n".repeat(200)}`],
  ])("refuses a file with too many bytes %s", async (_how, name, content) => {
    const { unreadable } = await inspect(name, content, { maxFileBytes: 3_000 });
    expect(unreadable?.message).toBe("the file holds more than 3000 bytes (LETHE_MAX_FILE_BYTES)");
    expect((await inspect(name, content, { maxFileBytes: 6_000 })).unreadable).toBeUndefined();
  });

  it("finds an empty file readable, with no lines", async () => {
    for (const name of ["customers.json", "customers.ndjson", "customers.csv"]) {
      expect(await inspect(name, "")).toMatchObject({ bytes: 0, lines: [], unreadable: undefined });
    }
    expect(await inspect("customers.json.gz", gzipSync(""))).toMatchObject({ lines: [], unreadable: undefined });
  });

  it.each([
    ["lines under a name of gzip", "customers.json.gz", LINES, { shape: "json", gzip: false }],
    ["gzip under a name of lines", "customers.ndjson", gzipSync(LINES), { shape: "ndjson", gzip: true }],
    [
      "an array under a name of lines",
      "customers.ndjson",
      `[${LINES.replace("}\n{", "},{")}]`,
      { shape: "json", gzip: false },
    ],
    ["lines under a name of CSV", "customers.csv", LINES, { shape: "json", gzip: false }],
    ["CSV under a name of JSON", "customers.json", "id\n013000\n013001\n", { shape: "csv", gzip: false }],
    ["lines one of which is none", "customers.json", `${LINES}{"id":\n`, { shape: "json", gzip: false }],
  ])("keeps as it came %s", async (_what, name, content, format) => {
    const { claimedKey, sourceKey, convertedFrom, lines, ...file } = await inspect(name, content);
    expect(file.format).toEqual(format);
    expect({ sourceKey, convertedFrom }).toEqual({ sourceKey: claimedKey, convertedFrom: null });
    expect(lines?.reduce((sum, chunk) => sum + chunk.lines, 0)).toBeGreaterThanOrEqual(2);
  });

  it.each([
    ["gzip in gzip", "customers.json", gzipSync(gzipSync(LINES)), "JSON in gzip in gzip", true],
    ["UTF-16", "customers.json", Buffer.from(LINES, "utf16le"), "UTF-16LE JSON", false],
    [
      "objects without line ends",
      "customers.json",
      LINES.replaceAll("\n", ""),
      "JSON with records one after another on a line",
      false,
    ],
    ["semicolons", "customers.csv", "id;identification\n013000;\n013001;\n", "CSV separated by semicolons", false],
    [
      "UTF-16 with tabs",
      "customers.csv",
      Buffer.from("\ufeffid\tidentification\r\n013000\t\r\n013001\t\r\n", "utf16le"),
      "UTF-16LE CSV separated by tabs",
      false,
    ],
    [
      "a tail",
      "customers.json.gz",
      Buffer.concat([gzipSync(LINES), Buffer.from("\r\n")]),
      "JSON with bytes after the gzip data",
      true,
    ],
  ])("converts %s", async (_what, name, content, description, gzip) => {
    const file = await inspect(name, content);
    expect(file).toMatchObject({ sourceKey: `${name}.converted`, convertedFrom: description, unreadable: undefined });
    expect(file.format).toEqual({ shape: name.endsWith("csv") ? "csv" : "ndjson", gzip });
    const text = Buffer.concat((file.lines ?? []).map(({ bytes }) => bytes)).toString();
    const ids = text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line).id);
    expect(ids).toEqual(["013000", "013001"]);
    expect(file.sha256.toString("hex")).toBe(sha256(content));
  });

  it("converts a large file, of which it keeps no lines", async () => {
    const file = await inspect("customers.json", LINES.repeat(200).replaceAll("\n", ""));
    expect(file).toMatchObject({ sourceKey: "customers.json.converted", lines: undefined, unreadable: undefined });
  });

  it("passes over a file that was taken away since it was claimed", async () => {
    const file = {
      path: "customers.json",
      partition: { date: "2020-01-01", hour: 5 },
      namedFormat: FORMAT,
      claimedKey: "customers.json",
    };
    const storage = openFolderStorage(await dataFolderOf({}));
    expect(
      await inspectFile(storage, file, KEEP_BYTES, { ...LIMITS, csv: CSV }, new AbortController().signal),
    ).toBeUndefined();
  });
});
