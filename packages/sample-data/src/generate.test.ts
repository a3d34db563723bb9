import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { InvalidInputError } from "@lethe/contracts/errors";
import type { RejectReason } from "@lethe/contracts/reject-reasons";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFECT_NAMES, type DefectName } from "./defects.js";
import { type GenerateSummary, generateDataset } from "./generate.js";

const SMALL = { days: 3, customers: 150, transactions: 1_000, seed: 1 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lethe-generate-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("generateDataset", () => {
  it("gives the same bytes for the same seed and others for another", async () => {
    await generateDataset({ ...SMALL, out: join(folder, "first") });
    await generateDataset({ ...SMALL, out: join(folder, "again") });
    await generateDataset({ ...SMALL, out: join(folder, "other"), seed: 2 });
    const first = await readBytes(join(folder, "first"));
    expect(await readBytes(join(folder, "again"))).toEqual(first);
    const other = await readBytes(join(folder, "other"));
    expect(other.get("date=2020-01-01/hour=00/customers.json.gz")).not.toEqual(
      first.get("date=2020-01-01/hour=00/customers.json.gz"),
    );
  });

  it("plants every kind of defect in a small set", async () => {
    const summary = await generateDataset({ ...SMALL, out: join(folder, "every") });
    expect(DEFECT_NAMES.filter((name) => summary.defects[name] === 0)).toEqual([]);
  });

  it.each([
    ["hourly gzip", { ...SMALL }],
    ["hourly plain", { ...SMALL, format: "json" as const, seed: 3 }],
    ["single-file gzip", { ...SMALL, layout: "single-file" as const, seed: 4 }],
    ["single-file plain", { ...SMALL, layout: "single-file" as const, format: "json" as const, seed: 5 }],
    ["one day, hardly anyone", { days: 1, customers: 20, transactions: 30, products: 6, seed: 6 }],
    ["one customer, one product", { days: 1, customers: 1, transactions: 5, products: 1, seed: 7 }],
    ["many defects", { ...SMALL, customers: 400, defectRate: 0.05, seed: 8 }],
    ["no defects", { ...SMALL, defectRate: 0, erasureRequests: 5, seed: 9 }],
  ])("says what the files hold: %s", async (name, options) => {
    const out = join(folder, name.replace(/\W/g, "-"));
    const summary = await generateDataset({ ...options, out });
    const found = await readBack(out);
    expect(found.datasets).toEqual(summary.datasets);
    expect(found.defects).toEqual(summary.defects);
    expect(found.files).toBe(summary.files);
    expect(found.bytes).toBe(summary.bytes);
  });

  it("gives sound records alone at a defect rate of 0", async () => {
    const summary = await generateDataset({ ...SMALL, out: join(folder, "sound"), defectRate: 0 });
    for (const dataset of Object.values(summary.datasets)) {
      expect(dataset.loaded).toBe(dataset.records);
    }
    expect(summary.datasets.customers.records).toBe(SMALL.customers);
    expect(summary.datasets.transactions.records).toBe(SMALL.transactions);
    expect(summary.datasets["erasure-requests"].records).toBe(3);
  });

  it("refers only to customers and products of the same or an earlier hour", async () => {
    const out = join(folder, "earlier");
    await generateDataset({ ...SMALL, out, defectRate: 0 });
    const lines = await readLines(out);
    const hourOf = (path: string) => path.slice(0, path.lastIndexOf("/"));
    const since = new Map<string | number, string>();
    for (const { dataset, path, text } of lines) {
      if (dataset === "customers") since.set(JSON.parse(text).id, hourOf(path));
      if (dataset === "products") since.set(JSON.parse(text).sku, hourOf(path));
    }
    for (const { path, text } of lines.filter(({ dataset }) => dataset === "transactions")) {
      const record = JSON.parse(text);
      const lineSkus: number[] = record.purchases.products.map(({ sku }: { sku: number }) => sku);
      for (const key of [record.customer_id, ...lineSkus]) {
        const first = since.get(key);
        expect(first !== undefined && first <= hourOf(path)).toBe(true);
      }
    }
  });

  it("writes keys and spaces as the source does", async () => {
    const out = join(folder, "shape");
    await generateDataset({ ...SMALL, out, format: "json", defectRate: 0 });
    const first = async (dataset: string) =>
      (await readFile(join(out, "date=2020-01-01/hour=00", `${dataset}.json`), "utf8")).split("\n")[0];
    expect(await first("customers")).toMatch(
      /^\{"id": "\d{6}", "first_name": "[^"]+", "last_name": "[^"]+", "date_of_birth": (null|"\d{4}-\d\d-\d\d"), "email": "[a-z.\d]+@example\.(com|net|org)", "phone_number": (null|"[^"]{1,22}"), "address": "[^"]+", "city": "[^"]+", "country": "[^"]+", "postcode": "[^"]+", "last_change": "\d{4}-\d\d-\d\d", "segment": (null|"[a-z]+")\}$/,
    );
    expect(await first("products")).toMatch(
      /^\{"sku": \d{5}, "name": "[^"]+", "price": "\d+\.\d\d", "category": "[a-z]+", "popularity": 0\.\d+\}$/,
    );
    expect(await first("transactions")).toMatch(
      /^\{"transaction_id": "[0-9a-f-]{36}", "transaction_time": "2020-01-01T00:\d\d:\d\d\.\d{6}", "customer_id": "\d{6}", "delivery_address": \{"address": "[^"]+", "postcode": "[^"]+", "city": "[^"]+", "country": "[^"]+"\}, "purchases": \{"products": \[(\{"sku": \d{5}, "quanitity": \d, "price": "\d+\.\d\d", "total": "\d+\.\d\d"\}(, )?)+\], "total_cost": "\d+\.\d\d"\}\}$/,
    );
  });

  it("puts about 3.07 lines into a transaction, as the source does", async () => {
    const out = join(folder, "lines");
    await generateDataset({
      days: 1,
      customers: 10,
      transactions: 20_000,
      seed: 1,
      out,
      layout: "single-file",
      defectRate: 0,
    });
    const lines = (await readLines(out)).filter(({ dataset }) => dataset === "transactions");
    const purchases = lines.reduce((sum, line) => sum + (line.text.match(/"quanitity"/g)?.length ?? 0), 0);
    expect(purchases / lines.length).toBeCloseTo(3.07, 1);
  });

  it.each([
    ["customers", { customers: 900_001 }],
    ["customers", { customers: 0 }],
    ["days", { days: 1.5 }],
    ["seed", { seed: -1 }],
    ["products", { products: 80_001 }],
    ["defectRate", { defectRate: Number.NaN }],
    ["startDate", { startDate: "2020-02-30" }],
  ])("refuses %s out of its limits: %o", async (option, change) => {
    const error = await generateDataset({ ...SMALL, out: join(folder, "refused"), ...change }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(String(error)).toContain(option);
  });

  it("does not mix two sets in one folder", async () => {
    const out = join(folder, "twice");
    await generateDataset({ ...SMALL, out });
    await expect(generateDataset({ ...SMALL, out })).rejects.toThrow(InvalidInputError);
  });
});

interface Line {
  readonly dataset: string;
  readonly path: string;
  readonly text: string;
}

/** What a reader found who knows nothing of the generator but the rules. */
class Findings {
  readonly defects = Object.fromEntries(DEFECT_NAMES.map((name) => [name, 0])) as Record<DefectName, number>;
  readonly rejected: Record<string, Partial<Record<RejectReason, number>>> = {};
  /** By id, as the newest sound record has it. */
  readonly customers = new Map<string, { email: string; lastChange: string; line: string }>();
  readonly emailsOfRejected = new Map<string, string>();
  readonly skus = new Set<number>();

  plant(defect: DefectName): void {
    this.defects[defect]++;
  }

  reject(dataset: string, reason: RejectReason): void {
    const reasons = this.rejected[dataset] ?? {};
    reasons[reason] = (reasons[reason] ?? 0) + 1;
    this.rejected[dataset] = reasons;
  }
}

/** Reads the files back and judges each record by what it holds, in the order of a full load. */
async function readBack(out: string): Promise<GenerateSummary> {
  const files = await readBytes(out);
  const lines = await readLines(out);
  const of = (dataset: string) => lines.filter((line) => line.dataset === dataset);
  const findings = new Findings();
  judgeFiles(files, findings);
  judgeCustomers(of("customers"), findings);
  judgeProducts(of("products"), findings);
  judgeTransactions(of("transactions"), findings);
  judgeErasureRequests(of("erasure-requests"), findings);

  const summarize = (dataset: string) => {
    const rejected = findings.rejected[dataset] ?? {};
    return {
      files: [...files.keys()].filter((path) => datasetOf(path) === dataset).length,
      records: of(dataset).length,
      loaded: of(dataset).length - Object.values(rejected).reduce((sum, count) => sum + count, 0),
      rejected,
      unreadableRecords: dataset === "transactions" ? findings.defects.truncated_gzip * 12 : 0,
    };
  };
  return {
    files: files.size,
    bytes: [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0),
    datasets: {
      customers: summarize("customers"),
      products: summarize("products"),
      transactions: summarize("transactions"),
      "erasure-requests": summarize("erasure-requests"),
    },
    defects: findings.defects,
  };
}

function judgeFiles(files: Map<string, Buffer>, findings: Findings): void {
  for (const bytes of files.values()) {
    const text = textOf(bytes);
    if (text === undefined) findings.plant("truncated_gzip");
    if (text === "") findings.plant("empty_file");
  }
}

function judgeCustomers(lines: Line[], findings: Findings): void {
  for (const { text } of lines) {
    const record = JSON.parse(text);
    if (record.id.startsWith("0")) findings.plant("leading_zero_id");
    if (record.address.includes("\n")) findings.plant("address_newline");
    if (record.phone_number?.length === 22) findings.plant("long_phone");
    if (record.first_name === null || record.last_name === null || record.email === null) {
      if (record.first_name === null) findings.plant("null_first_name");
      if (record.last_name === null) findings.plant("null_last_name");
      if (record.email === null) findings.plant("null_email");
      findings.reject("customers", "schema");
      findings.emailsOfRejected.set(record.id, record.email);
      continue;
    }
    const email = record.email.trim().toLowerCase();
    if (record.email !== email) findings.plant("untidy_email");
    const known = findings.customers.get(record.id);
    if (known?.line === text) {
      findings.plant("repeated_customer");
      findings.reject("customers", "duplicate");
      continue;
    }
    if (known !== undefined) {
      expect(record.last_change > known.lastChange).toBe(true);
      expect(email).toBe(known.email);
      findings.plant("newer_customer");
    }
    findings.customers.set(record.id, { email, lastChange: record.last_change, line: text });
  }
}

function judgeProducts(lines: Line[], findings: Findings): void {
  for (const { text } of lines) {
    const record = JSON.parse(text);
    if (record.name === null) findings.plant("null_product_name");
    if (record.price === "0.00") findings.plant("zero_price");
    if (record.popularity === 0) findings.plant("zero_popularity");
    if (record.name === null || record.price === "0.00" || record.popularity === 0) {
      findings.reject("products", "schema");
    } else {
      expect(findings.skus.has(record.sku)).toBe(false);
      findings.skus.add(record.sku);
    }
  }
}

function judgeTransactions(lines: Line[], findings: Findings): void {
  const fileOf = new Map<string, string>();
  for (const { text, path } of lines) {
    const [defect, reason] = judgeTransaction(text, path, fileOf, findings);
    if (defect !== undefined) {
      findings.plant(defect);
      findings.reject("transactions", reason);
    }
  }
}

function judgeTransaction(
  text: string,
  path: string,
  fileOf: Map<string, string>,
  findings: Findings,
): [DefectName, RejectReason] | [undefined] {
  const record = parsed(text);
  if (record === undefined) return ["broken_line", "unreadable"];
  if (record.loyalty_card !== undefined) return ["unknown_field", "schema"];
  const seenIn = fileOf.get(record.transaction_id);
  if (seenIn === path) return ["repeated_in_file", "duplicate"];
  if (seenIn !== undefined) return ["repeated_in_later_file", "duplicate"];
  fileOf.set(record.transaction_id, path);
  if (!findings.customers.has(record.customer_id)) return ["unknown_customer", "unknown_customer"];
  const lines: { sku: number; quanitity: number; price: string }[] = record.purchases.products;
  expect(new Set(lines.map(({ sku }) => sku)).size).toBe(lines.length);
  if (!lines.every(({ sku }) => findings.skus.has(sku))) return ["unknown_sku", "unknown_sku"];
  const sum = lines.reduce((cents, line) => cents + toCents(line.price) * line.quanitity, 0);
  return sum === toCents(record.purchases.total_cost) ? [undefined] : ["wrong_total", "total_mismatch"];
}

function judgeErasureRequests(lines: Line[], findings: Findings): void {
  const seen = new Set<string>();
  for (const { text } of lines) {
    const record = JSON.parse(text);
    const id: string = record["customer-id"];
    if (seen.has(text)) {
      findings.plant("repeated_request");
      findings.reject("erasure-requests", "duplicate");
    } else if (findings.emailsOfRejected.get(id) === record.email) {
      findings.plant("request_of_rejected_customer");
    } else if (findings.customers.get(id)?.email !== record.email) {
      expect(findings.customers.has(id)).toBe(true);
      findings.plant("request_email_mismatch");
      findings.reject("erasure-requests", "identity_mismatch");
    }
    seen.add(text);
  }
}

/** All files by their path below a folder, in the order of time. */
async function readBytes(root: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files = new Map<string, Buffer>();
  for (const path of paths.sort()) files.set(path.slice(root.length + 1), await readFile(path));
  return files;
}

async function readLines(root: string): Promise<Line[]> {
  return [...(await readBytes(root))].flatMap(([path, bytes]) =>
    (textOf(bytes)?.split("\n") ?? [])
      .filter((text) => text !== "")
      .map((text) => ({ dataset: datasetOf(path), path, text })),
  );
}

/** Undefined when the gzip is cut off. */
function textOf(bytes: Buffer): string | undefined {
  if (bytes[0] !== 0x1f) return bytes.toString("utf8");
  try {
    return gunzipSync(bytes).toString("utf8");
  } catch {
    return undefined;
  }
}

function datasetOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).split(".")[0] ?? "";
}

function toCents(money: string): number {
  return Math.round(Number(money) * 100);
}

/** Undefined when the line is no JSON. */
function parsed(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
