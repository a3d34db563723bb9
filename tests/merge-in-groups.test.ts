import { batchesOf, untilTransformed } from "@lethe/test-kit/jobs";
import { landRecords } from "@lethe/test-kit/landing";
import { readProcessed } from "@lethe/test-kit/processed";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { openByApi, succeed, untilClosed, untilRun } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";

// Batches that wait are merged together. Loading is behind here because the loader starts when all else is done.

const HOUR = "date=2022-04-01/hour=00";
const BATCHES = 4;

let world: World;

beforeAll(async () => {
  world = await openWorld({ settings: { LETHE_BATCH_BYTES: "8192", LETHE_LOADS_AT_ONCE: "1" } });
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer()]);
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await succeed(world, "customers", "products");
});
afterAll(() => world.close());
beforeEach(() => world.pool.query("truncate warehouse.transactions cascade"));

it("merges what waits in one transaction, and finds what several of its batches hold", async () => {
  const records = Array.from({ length: 240 }, (_, n) => transaction(n));
  records[1] = transaction(1, { customer_id: "999999" });
  records[60] = transaction(0);
  records[61] = transaction(1);
  const runId = await transformOnly(records);
  await world.start("loader");
  expect(await untilClosed(world, runId)).toMatchObject({
    state: "succeeded",
    records: { in: 240, loaded: 238, rejected: 2 },
  });
  const { rows: rejected } = await world.pool.query("select reason, line from ledger.quarantine order by line");
  expect(rejected).toEqual([
    { reason: "unknown_customer", line: 2 },
    { reason: "duplicate", line: 61 },
  ]);
  expect(await countOf(world.pool, "select count(*) as n from warehouse.purchases")).toBe(238);
  expect(await countOf(world.pool, "select count(distinct xmin::text) as n from warehouse.transactions")).toBe(
    Math.ceil((await batchesOf(world, runId)).length / BATCHES),
  );
  expect(await publishedIds()).toEqual(
    Array.from({ length: 240 }, (_, n) => n)
      .filter((n) => n !== 60 && n !== 61)
      .map((n) => transaction(n).transaction_id),
  );
});

it("leaves the others their load when one of them is refused", async () => {
  const refused = transaction(499).transaction_id;
  await world.pool.query(`
    create function public.refuse() returns trigger language plpgsql as $$
      begin if new.transaction_id = '${refused}' then raise exception 'refused'; end if; return new; end $$;
    create trigger refuse before insert on warehouse.transactions for each row execute function public.refuse()`);
  const runId = await transformOnly(Array.from({ length: 200 }, (_, n) => transaction(300 + n)));
  const batches = (await batchesOf(world, runId)).length;
  await world.start("loader");
  await untilRun(world, runId, (run) => run.batches.done === batches - 1);
  expect(await countOf(world.pool, "select count(*) as n from ledger.batches where state = 'transformed'")).toBe(1);
  await world.pool.query("drop trigger refuse on warehouse.transactions");
  expect(await untilClosed(world, runId)).toMatchObject({ state: "succeeded", records: { loaded: 200 } });
});

/** Lands records and has all of it done but the load; the loader is not there then. */
async function transformOnly(records: readonly unknown[]): Promise<string> {
  for (const service of world.running) if (service.name === "loader") await world.stop(service);
  await landRecords(world, `${HOUR}/transactions.json`, records);
  const runId = await openByApi(world, "transactions");
  await untilRun(world, runId, (run) => run.state === "processing");
  const batchIds = await batchesOf(world, runId);
  expect(batchIds.length).toBeGreaterThan(3);
  await untilTransformed(world, batchIds);
  return runId;
}

async function publishedIds(): Promise<string[]> {
  const records = (await readProcessed(world, "transactions")).get(HOUR) ?? [];
  return records.map((record) => String(record.transaction_id)).sort();
}
