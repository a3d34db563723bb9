import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { enqueueBatch, enqueueRun } from "@lethe/service-kit/enqueue";
import { openQueues } from "@lethe/service-kit/queues";
import { pathsBelow } from "@lethe/test-kit/folders";
import { untilFinishJobEnds } from "@lethe/test-kit/jobs";
import { landRecords } from "@lethe/test-kit/landing";
import { readProcessed } from "@lethe/test-kit/processed";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { openByApi, succeed, untilClosed } from "@lethe/test-kit/runs";
import { keysOf } from "@lethe/test-kit/test-place";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

const MIB = 1024 * 1024;
const BOUND = MIB;
const BATCH_BYTES = 64 * 1024;
/** About 10 MB of lines: published at once it would not fit either. */
const RECORDS = 60_000;

let world: World;

beforeAll(async () => {
  world = await openWorld({
    settings: { LETHE_STAGING_BYTES: String(BOUND), LETHE_BATCH_BYTES: String(BATCH_BYTES) },
  });
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer()]);
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await succeed(world, "customers", "products");
});
afterAll(() => world.close());

async function stopLoaders(): Promise<void> {
  for (const service of [...world.running]) if (service.name === "loader") await world.stop(service);
}

/** Waits until the extractor waits for room and all that is staged is transformed. */
async function untilFull(runId: string): Promise<void> {
  const question = `
    select count(*) as n from pg_stat_activity
    where datname = current_database() and application_name = 'lethe-extractor' and query = 'listen lethe_runs'
      and not exists (select from ledger.batches where run_id = '${runId}' and state = 'staged')
      and exists (select from ledger.batches where run_id = '${runId}')`;
  await expect.poll(() => countOf(world.pool, question), { timeout: 60_000, interval: 100 }).toBeGreaterThan(0);
}

async function bytesOnDisk(): Promise<number> {
  let bytes = 0;
  for (const path of await pathsBelow(world.staging)) {
    try {
      const info = await stat(join(world.staging, path));
      if (info.isFile()) bytes += info.size;
    } catch (error) {
      if (!hasSystemCode(error, "ENOENT")) throw error;
    }
  }
  return bytes;
}

function landSales(hour: string, first: number, records: number): Promise<void> {
  const sales = Array.from({ length: records }, (_, n) => transaction(first + n));
  return landRecords(world, `date=2022-04-01/hour=${hour}/transactions.json`, sales);
}

it("makes an extractor wait that is far ahead of the loader, and never keeps more in staging than it may", async () => {
  await stopLoaders();
  await landSales("00", 0, RECORDS);
  const runId = await openByApi(world, "transactions");
  await untilFull(runId);
  const staged = await countOf(world.pool, "select sum(staged_bytes)::bigint as n from ledger.batches");
  const onDisk = await bytesOnDisk();
  expect(onDisk).toBeLessThanOrEqual(BOUND);
  expect(onDisk).toBeGreaterThan(BOUND / 3);
  expect(staged).toBe(onDisk);

  await world.start("loader");
  const isPublishedEarly = `
    select count(*) as n from ledger.runs
    where id = '${runId}' and state = 'extracting' and exists (select from ledger.processed_files where dataset = job)`;
  let wasPublishedEarly = false;
  let most = 0;
  let isClosed = false;
  const closed = untilClosed(world, runId).finally(() => {
    isClosed = true;
  });
  while (!isClosed) {
    most = Math.max(most, await bytesOnDisk());
    wasPublishedEarly ||= (await countOf(world.pool, isPublishedEarly)) > 0;
    await setTimeout(20);
  }
  const run = await closed;
  expect(run).toMatchObject({ state: "succeeded", records: { in: RECORDS, loaded: RECORDS, rejected: 0 } });
  expect(run.notices).toEqual([]);
  expect(run.bytes.batches).toBeGreaterThan(8 * BOUND);
  expect(wasPublishedEarly).toBe(true);
  expect(most).toBeLessThanOrEqual(BOUND + BATCH_BYTES);
  expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(RECORDS);
  const published = (await readProcessed(world, "transactions")).get("date=2022-04-01/hour=00") ?? [];
  expect(published.map((record) => String(record.transaction_id)).sort()).toEqual(
    Array.from({ length: RECORDS }, (_, n) => transaction(n).transaction_id),
  );
  expect(await countOf(world.pool, "select sum(staged_bytes)::bigint as n from ledger.batches")).toBe(0);
}, 240_000);

it("lets a cancelled run wait no longer, and says so when what it keeps is in the way of others", async () => {
  await stopLoaders();
  await landSales("01", RECORDS, 6_000);
  const runId = await openByApi(world, "transactions");
  await untilFull(runId);
  expect((await world.api("POST", `/runs/${runId}/cancel`)).status).toBe(202);
  await world.start("loader");
  await untilFinishJobEnds(world, runId);

  const names = Array.from({ length: 4_000 }, (_, n) => customer({ id: String(n + 1).padStart(6, "0") }));
  await landRecords(world, "date=2022-04-01/hour=01/customers.json", names);
  const other = await untilClosed(world, await openByApi(world, "customers"));
  expect(other).toMatchObject({ state: "succeeded", records: { in: names.length } });
  expect(other.notices).toMatchObject([{ code: "staging_full" }]);

  expect((await world.api("POST", `/runs/${runId}/retry`)).status).toBe(202);
  expect(await untilClosed(world, runId)).toMatchObject({ state: "succeeded", records: { loaded: 6_000 } });
  expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(RECORDS + 6_000);
}, 240_000);

it("takes up little of Redis: some kB for a batch that waits, so a MiB or so for five million records", async () => {
  const BATCHES = 5_000;
  const prefix = `${world.prefix}-memory`;
  const queues = openQueues(world.redis, prefix);
  try {
    const runId = randomUUID();
    await enqueueRun(queues, runId, "files");
    for (let n = 0; n < BATCHES; n += 50) {
      await Promise.all(Array.from({ length: 50 }, () => enqueueBatch(queues, runId, randomUUID())));
    }
    const keys = await keysOf(world.redis, prefix);
    let bytes = 0;
    for (const key of keys) bytes += (await world.redis.memory("USAGE", key, "SAMPLES", 0)) ?? 0;
    const perBatch = bytes / BATCHES;
    // 8 MiB of transactions are 14,000 of them.
    expect((perBatch * 5_000_000) / 14_000).toBeLessThan(1.5 * MIB);
  } finally {
    await queues.close();
    for (const key of await keysOf(world.redis, prefix)) await world.redis.del(key);
  }
}, 240_000);
