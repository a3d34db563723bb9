import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { filesBelow, pathsBelow } from "@lethe/test-kit/folders";
import { holdBatchesAfter } from "@lethe/test-kit/hold";
import { landRecords } from "@lethe/test-kit/landing";
import { withoutNumbers } from "@lethe/test-kit/numbered";
import { readProcessed } from "@lethe/test-kit/processed";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { openByApi, runByApi, succeed, untilClosed, untilRun } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import { afterAll, beforeAll, expect, it } from "vitest";

const MIB = 1024 * 1024;
/** About 40 MB at 340 bytes each. */
const RECORDS = 120_000;
const BATCH_BYTES = 2 * MIB;
const LONGEST_RECORD = 1_024;
/** A job of a killed worker goes to another worker after at most two such locks. */
const LOCK_SECONDS = 5;
/** Every so many records one is without its customer, so that loaded and rejected both stand for something. */
const STRANGER_EVERY = 1_000;

let world: World;
let nextRecord = 1;

beforeAll(async () => {
  world = await openWorld({
    settings: { LETHE_BATCH_BYTES: String(BATCH_BYTES), LETHE_LOCK_SECONDS: String(LOCK_SECONDS) },
  });
  await world.start("loader");
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer()]);
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await succeed(world, "customers", "products");
});
afterAll(() => world.close());

/** Streams new transactions into one plain file. */
async function landLarge(path: string, records: number): Promise<void> {
  const target = join(world.landing, path);
  await mkdir(dirname(target), { recursive: true });
  const first = nextRecord;
  nextRecord += records;
  const chunks = Readable.from(
    (function* () {
      for (let start = 0; start < records; start += 1_000) {
        const lines = Array.from({ length: Math.min(1_000, records - start) }, (_, i) => {
          const isStranger = (start + i) % STRANGER_EVERY === 0;
          return `${JSON.stringify(transaction(first + start + i, isStranger ? { customer_id: "999999" } : {}))}\n`;
        });
        yield lines.join("");
      }
    })(),
  );
  await pipeline(chunks, createWriteStream(target));
}

it("goes through many batches and two loaders, and every record is counted once", async () => {
  await landLarge("date=2022-04-01/hour=00/transactions.json", RECORDS);
  const run = await runByApi(world, "transactions");
  const rejected = RECORDS / STRANGER_EVERY;
  expect(run.bytes.files).toBeGreaterThan(38_000_000);
  expect(run).toMatchObject({
    state: "succeeded",
    files: { taken: 1, done: 1 },
    batches: { failed: 0 },
    bytes: { batches: run.bytes.files },
    records: { in: RECORDS, loaded: RECORDS - rejected, rejectedByReason: { unknown_customer: rejected } },
  });
  expect(run.batches.total).toBeGreaterThanOrEqual(Math.floor(run.bytes.files / (BATCH_BYTES + MIB)));
  expect(run.batches.done).toBe(run.batches.total);
  const { rows } = await world.pool.query<{ bytes: number }>("select max(bytes) as bytes from ledger.batches");
  expect(rows[0]?.bytes).toBeLessThan(BATCH_BYTES + MIB + LONGEST_RECORD);
  expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(RECORDS - rejected);
  expect(await countOf(world.pool, "select count(*) as n from warehouse.purchases")).toBe(RECORDS - rejected);
});

it("says of each rejected record on which line of the whole file it stands", async () => {
  const { rows } = await world.pool.query<{ line: number }>("select line from ledger.quarantine order by line");
  expect(rows.map(({ line }) => line)).toEqual(
    Array.from({ length: RECORDS / STRANGER_EVERY }, (_, n) => n * STRANGER_EVERY + 1),
  );
});

it("stands in one processed file, in the file's order", async () => {
  const [[partition, records] = ["", []], ...others] = await readProcessed(world, "transactions");
  expect(others).toEqual([]);
  expect(partition).toBe("date=2022-04-01/hour=00");
  const ids = records.map((record) => String(record.transaction_id));
  expect(ids).toHaveLength(RECORDS - RECORDS / STRANGER_EVERY);
  expect(ids.every((id, i) => i === 0 || String(ids[i - 1]) < id)).toBe(true);
});

it("is complete, and nothing is doubled, when the extractor dies half way through it", async () => {
  const path = "date=2022-04-02/hour=00/transactions.json";
  const records = 60_000;
  const before = await countOf(world.pool, "select count(*) as n from warehouse.transactions");
  await landLarge(path, records);
  const extractor = [...world.running].find(({ name }) => name === "extractor");
  if (extractor === undefined) throw new Error("no extractor runs");
  const letGo = await holdBatchesAfter(world, 3);
  const runId = await openByApi(world, "transactions");
  await untilRun(world, runId, (run) => run.batches.total === 3);
  await world.kill(extractor);
  await letGo();
  const { rows } = await world.pool.query<{ total: number | null }>(
    "select batches_total as total from ledger.files where path = $1",
    [path],
  );
  expect(rows).toEqual([{ total: null }]);
  expect((await readRun(world.pool, runId)).state).toBe("extracting");

  await world.start("extractor");
  const run = await untilClosed(world, runId);
  const rejected = records / STRANGER_EVERY;
  expect(run).toMatchObject({
    state: "succeeded",
    files: { taken: 1, done: 1 },
    records: { in: records, loaded: records - rejected, rejectedByReason: { unknown_customer: rejected } },
  });
  expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(
    before + records - rejected,
  );
  const published = (await readProcessed(world, "transactions")).get("date=2022-04-02/hour=00") ?? [];
  expect(new Set(published.map((record) => record.transaction_id)).size).toBe(records - rejected);
  expect(published).toHaveLength(records - rejected);
  expect(await pathsBelow(world.landing)).toEqual([]);
  expect([...(await filesBelow(world.archived)).keys()].map(withoutNumbers)).toContain(path);
});
