import type { DeadLetter } from "@lethe/contracts/dead-letters";
import { filesBelow, pathsBelow } from "@lethe/test-kit/folders";
import { batchesOf } from "@lethe/test-kit/jobs";
import { landRecords } from "@lethe/test-kit/landing";
import { withoutNumbers } from "@lethe/test-kit/numbered";
import { readProcessed } from "@lethe/test-kit/processed";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { runByApi, succeed } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

const RECORDS = 60;
const SALES = "date=2022-04-01/hour=08";
const FATEFUL = transaction(RECORDS / 2).transaction_id;

let world: World;
let letter: DeadLetter;
beforeAll(async () => {
  // Some three batches.
  world = await openWorld({ settings: { LETHE_BATCH_BYTES: "8192" } });
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer()]);
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await succeed(world, "customers", "products");
});
afterAll(() => world.close());

async function deadLetters(query = ""): Promise<DeadLetter[]> {
  const { status, body } = await world.api("GET", `/dead-letters${query}`);
  expect(status).toBe(200);
  return (body as { deadLetters: DeadLetter[] }).deadLetters;
}

it("a batch that the database refuses gives up after its retries and becomes a dead letter; the others load", async () => {
  await world.pool.query(`
    create function public.refuse() returns trigger language plpgsql as $$
    begin
      raise exception 'no room for jane@example.org';
    end $$;
    create trigger refuse before insert on warehouse.transactions for each row
    when (new.transaction_id = '${FATEFUL}') execute function public.refuse();`);
  const records = Array.from({ length: RECORDS }, (_, n) => transaction(n));
  await landRecords(world, `${SALES}/transactions.json`, records);
  const run = await runByApi(world, "transactions");
  expect(run).toMatchObject({ state: "failed", error: { code: "batches_failed" }, batches: { failed: 1 } });
  const batches = await batchesOf(world, run.id);
  expect(batches.length).toBeGreaterThan(1);
  const [found, ...more] = await deadLetters();
  expect(more).toEqual([]);
  expect(found).toMatchObject({
    stage: "load",
    status: "open",
    job: "transactions",
    runId: run.id,
    code: "database_error",
    message: "PostgreSQL answered P0001",
  });
  letter = found as DeadLetter;
  expect(batches).toContain(letter.batchId);
  expect(letter.id).toBe(letter.batchId);
  expect(run.records.loaded).toBe(RECORDS - (letter.records ?? 0));
  expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(run.records.loaded);
  expect(await world.logs()).not.toContain("jane@example.org");
});

it("is listed by the command line, as text, JSON and CSV", async () => {
  const text = await world.lethe("dead-letters", "list", "--status", "open");
  expect(text.out).toContain(letter.id);
  const json = await world.lethe("dead-letters", "list", "--json");
  expect(JSON.parse(json.out)).toEqual(letter);
  const csv = await world.lethe("dead-letters", "list", "--csv");
  const line = [letter.id, "load", "open", "transactions", letter.runId, letter.id, letter.code, letter.message];
  expect(csv.out.split("\r\n")).toEqual([
    "id,stage,status,job,runId,batchId,code,message,records,bytes,failedAt",
    [...line, letter.records, letter.bytes, letter.failedAt].join(","),
    "",
  ]);
});

it("loads when it is replayed after what was wrong is put right, once and whole, and is listed no more", async () => {
  await world.pool.query("drop function public.refuse cascade");
  const { code, out, err } = await world.lethe("dead-letters", "replay", letter.id, "--follow", "--json");
  expect(code, err).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    id: letter.runId,
    state: "succeeded",
    error: null,
    batches: { failed: 0 },
    files: { taken: 1, done: 1 },
    records: { in: RECORDS, loaded: RECORDS, rejected: 0 },
  });
  expect(await deadLetters()).toEqual([]);
  expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(RECORDS);
  expect(await countOf(world.pool, "select count(*) as n from warehouse.purchases")).toBe(RECORDS);
  const published = (await readProcessed(world, "transactions")).get(SALES) ?? [];
  expect(published.map((record) => String(record.transaction_id)).sort()).toEqual(
    Array.from({ length: RECORDS }, (_, n) => transaction(n).transaction_id),
  );
  expect(await pathsBelow(world.landing)).toEqual([]);
  expect([...(await filesBelow(world.archived)).keys()].map(withoutNumbers)).toContain(`${SALES}/transactions.json`);
  const again = await world.api("POST", `/dead-letters/${letter.id}/replay`);
  expect(again).toMatchObject({ status: 404, body: { code: "not_found" } });
});
