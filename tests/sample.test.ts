import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Run } from "@lethe/contracts/runs";
import { filesBelow, pathsBelow } from "@lethe/test-kit/folders";
import { withoutNumbers } from "@lethe/test-kit/numbered";
import { COUNTED_DATASETS, type CountedDataset, countPlainly, type PlainCount } from "@lethe/test-kit/plain-count";
import { readProcessed } from "@lethe/test-kit/processed";
import { fromRepository } from "@lethe/test-kit/repository";
import { runAllByCommand } from "@lethe/test-kit/runs";
import { checksums, countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const SAMPLE = fromRepository("raw_data");
/** The README beside the sample is no input. */
const isInput = (path: string) => path.startsWith("date=");

let world: World;
let expected: PlainCount;
let input: Map<string, string>;
let runs: Readonly<Record<CountedDataset, Run>>;

beforeAll(async () => {
  world = await openWorld({ settings: { LETHE_ERASURE_OUTCOME: "pseudonymise" } });
  expected = await countPlainly(SAMPLE);
  input = new Map([...(await filesBelow(SAMPLE))].filter(([path]) => isInput(path)));
  await landSample();
  runs = await runAllByCommand(world);
});
afterAll(() => world.close());

async function linesOf(path: string): Promise<string[]> {
  const bytes = await readFile(path);
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8").split("\n");
}

async function landSample(): Promise<void> {
  await cp(SAMPLE, world.landing, { recursive: true, filter: (source) => !source.endsWith("README.md") });
}

describe("the sample, run through the services", () => {
  it("is worth counting: it holds every kind of trouble", () => {
    expect(expected.datasets.transactions.rejected).toMatchObject({
      schema: expect.any(Number),
      duplicate: expect.any(Number),
      unknown_customer: expect.any(Number),
      unknown_sku: expect.any(Number),
      total_mismatch: expect.any(Number),
      unreadable: expect.any(Number),
    });
    expect(expected.unreadableFiles).toHaveLength(1);
    expect(expected.superseded.length).toBeGreaterThan(0);
    expect(expected.erased.length).toBeGreaterThan(0);
  });

  it.each(COUNTED_DATASETS)("reports of %s what a plain count of the files gives", (dataset) => {
    const count = expected.datasets[dataset];
    const unreadable = expected.unreadableFiles.filter((path) => path.includes(`/${dataset}.`)).length;
    expect(runs[dataset]).toMatchObject({
      state: "succeeded",
      files: { taken: count.files, done: count.files - unreadable, alreadyLoaded: 0, quarantined: unreadable },
      records: {
        in: count.records,
        loaded: count.loaded,
        rejected: count.records - count.loaded,
        rejectedByReason: count.rejected,
      },
    });
  });

  it.each(COUNTED_DATASETS)("keeps each reject of %s in quarantine, with its file and line", async (dataset) => {
    const { rows } = await world.pool.query<{ reason: string; n: number }>(
      `select q.reason, count(*) as n from ledger.quarantine q join ledger.files f on f.id = q.file_id
       where q.dataset = $1 and q.line is not null and q.payload is not null and f.dataset = q.dataset group by q.reason`,
      [dataset],
    );
    expect(Object.fromEntries(rows.map(({ reason, n }) => [reason, n]))).toEqual(expected.datasets[dataset].rejected);
  });

  it("accounts for every record of every file", async () => {
    const { rows } = await world.pool.query<{
      path: string;
      state: string;
      in: number;
      loaded: number;
      rejected: number;
    }>(
      `select path, state, records_in as in, records_loaded as loaded, records_rejected as rejected from ledger.files`,
    );
    const files = rows.map((row) => ({ ...row, path: withoutNumbers(row.path) }));
    expect(files.map(({ path }) => path).sort()).toEqual([...input.keys()].sort());
    for (const file of files) {
      expect(file.in, file.path).toBe(file.loaded + file.rejected);
      expect(file.in, file.path).toBe(expected.recordsByFile.get(file.path) ?? 0);
      expect(file.state, file.path).toBe(expected.unreadableFiles.includes(file.path) ? "quarantined" : "done");
    }
  });

  it("fills the warehouse with as many rows", async () => {
    const { pool } = world;
    const ids = new Set([...expected.datasets.customers.keysByPartition.values()].flat());
    expect(await countOf(pool, "select count(*) as n from warehouse.customers")).toBe(ids.size);
    expect(await countOf(pool, "select count(*) as n from warehouse.customers_history")).toBe(
      expected.superseded.length,
    );
    expect(await countOf(pool, "select count(*) as n from warehouse.products")).toBe(expected.datasets.products.loaded);
    const transactions = expected.datasets.transactions.loaded;
    expect(await countOf(pool, "select count(*) as n from warehouse.transactions")).toBe(transactions);
    expect(await countOf(pool, "select count(*) as n from warehouse.delivery_addresses")).toBe(transactions);
    expect(await countOf(pool, "select count(*) as n from warehouse.purchases")).toBe(expected.purchaseLines);
    expect(await countOf(pool, "select count(*) as n from warehouse.erasure_requests")).toBe(
      expected.datasets["erasure-requests"].loaded,
    );
  });

  it("keeps revenue to the cent, by transaction and by line", async () => {
    const cents = async (query: string) => {
      const { rows } = await world.pool.query<{ sum: string }>(query);
      return BigInt(rows[0]?.sum ?? "-1");
    };
    expect(await cents("select trunc(sum(total_cost) * 100)::text as sum from warehouse.transactions")).toBe(
      expected.revenueCents,
    );
    expect(await cents("select trunc(sum(price * quantity) * 100)::text as sum from warehouse.purchases")).toBe(
      expected.revenueCents,
    );
  });

  it("keeps the zeros that ids start with, and of the erased the id no more", async () => {
    const loaded = new Set([...expected.datasets.customers.keysByPartition.values()].flat());
    const kept = [...loaded].filter((id) => !expected.erased.includes(id));
    expect(kept.filter((id) => id.startsWith("0")).length).toBeGreaterThan(0);
    const { rows } = await world.pool.query<{ id: string }>(
      "select id from warehouse.customers where erased_at is null",
    );
    expect(rows.map(({ id }) => id).sort()).toEqual(kept.sort());
    expect(await countOf(world.pool, "select count(*) as n from warehouse.customers where erased_at is not null")).toBe(
      expected.erased.length,
    );
  });

  it("moves every file to archive or quarantine and leaves landing empty; in the archive only the erased are masked", async () => {
    expect(await pathsBelow(world.landing)).toEqual([]);
    const kept = [...(await filesBelow(world.archived))].map(
      ([path, hash]) => [withoutNumbers(path), { path, hash }] as const,
    );
    const archived = new Map(kept);
    expect(archived.size).toBe(kept.length);
    const quarantined = await filesBelow(world.quarantined);
    const readable = [...input.keys()].filter((path) => !expected.unreadableFiles.includes(path));
    expect([...archived.keys()].sort()).toEqual(readable.sort());
    const changed = readable.filter((path) => archived.get(path)?.hash !== input.get(path));
    expect(changed.length).toBeGreaterThan(0);
    for (const path of changed) {
      const before = await linesOf(join(SAMPLE, path));
      const after = await linesOf(join(world.archived, archived.get(path)?.path ?? ""));
      expect(after.length, path).toBe(before.length);
      const touched = before.filter((line, i) => line !== after[i]);
      expect(touched.length, path).toBeGreaterThan(0);
      for (const line of touched)
        expect(
          expected.suppressed.some((id) => line.includes(`"${id}"`)),
          path,
        ).toBe(true);
    }
    const unreadable = expected.unreadableFiles.map((path) => input.get(path));
    expect([...quarantined.values()]).toEqual(unreadable);
    expect([...quarantined.keys()].map(withoutNumbers)).toEqual(expected.unreadableFiles);
  });

  it("publishes exactly the loaded records, partition by partition", async () => {
    const keyOf = { customers: "id", products: "sku", transactions: "transaction_id" } as const;
    for (const dataset of ["customers", "products", "transactions"] as const) {
      const processed = await readProcessed(world, dataset);
      const keys = [...processed].map(([partition, records]) => [
        partition,
        records.map((record) => String(record[keyOf[dataset]])),
      ]);
      const expectedKeys = [...expected.datasets[dataset].keysByPartition].sort();
      // An erased customer's id has become a pseudonym, in the same place.
      const pseudonymised = expectedKeys.map(([partition, ids]) => [
        partition,
        ids.map((id) => (expected.erased.includes(id) ? expect.stringMatching(/^p_[0-9a-f]{20}$/) : id)),
      ]);
      expect(keys, dataset).toEqual(pseudonymised);
    }
    const requests = [...(await readProcessed(world, "erasure-requests")).values()].flat();
    expect(requests).toHaveLength(expected.datasets["erasure-requests"].loaded);
  });

  it("names the file that is cut off and the one that is empty", async () => {
    const customers = await readRun(world.pool, runs.customers.id);
    expect(customers.notices.map(({ code }) => code)).toEqual(["empty_file"]);
    const transactions = await readRun(world.pool, runs.transactions.id);
    expect(transactions.notices.map(({ code, path }) => ({ code, path }))).toEqual(
      expected.unreadableFiles.map((path) => ({ code: "file_unreadable", path })),
    );
  });
});

describe("the same sample once more", () => {
  let before: Record<string, string>;
  let again: Readonly<Record<CountedDataset, Run>>;
  let filesBefore: Map<string, string>[];

  beforeAll(async () => {
    before = await checksums(world.pool);
    filesBefore = await Promise.all([world.archived, world.quarantined, world.processed].map(filesBelow));
    await landSample();
    again = await runAllByCommand(world);
  });

  it.each(COUNTED_DATASETS)("loads no %s and says that all files were loaded before", (dataset) => {
    expect(again[dataset]).toMatchObject({
      state: "succeeded",
      files: { taken: 0, done: 0, alreadyLoaded: expected.datasets[dataset].files, quarantined: 0 },
      batches: { total: 0 },
      records: { in: 0, loaded: 0, rejected: 0 },
    });
  });

  it("leaves rows, files and quarantine as they were, and landing empty", async () => {
    expect(await checksums(world.pool)).toEqual(before);
    const files = await Promise.all([world.archived, world.quarantined, world.processed].map(filesBelow));
    expect(files).toEqual(filesBefore);
    expect(await pathsBelow(world.landing)).toEqual([]);
    const rejected = COUNTED_DATASETS.map((name) => expected.datasets[name].records - expected.datasets[name].loaded);
    expect(await countOf(world.pool, "select count(*) as n from ledger.quarantine")).toBe(
      rejected.reduce((sum, n) => sum + n, 0) + expected.unreadableFiles.length,
    );
  });

  it("says so to a person", async () => {
    const { out, code } = await world.lethe("run", "products", "--follow");
    expect(code).toBe(0);
    expect(out).toContain("no files found");
    const readme = await readFile(join(SAMPLE, "README.md"), "utf8");
    for (const dataset of COUNTED_DATASETS) {
      const { files, records, loaded } = expected.datasets[dataset];
      expect(readme).toContain(`| ${dataset} | ${files} | ${records} | ${loaded} | ${records - loaded} |`);
    }
  });
});
