import { land, landRecords } from "@lethe/test-kit/landing";
import { readProcessed } from "@lethe/test-kit/processed";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { runByApi, succeed } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import type { RunningService } from "@lethe/test-kit/world";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

const POISONED_TRANSFORMER = "tests/programs/poisoned-transformer.mjs";
const RECORDS = 10_001;
/** By line, the word that does harm, and what quarantine must say of it. */
const POISON = new Map([
  [1, { word: "poison-throw", problem: "failed unexpectedly" }],
  [2_500, { word: "poison-regex", problem: "took longer than 10 s" }],
  [2_501, { word: "poison-memory", problem: "out of memory" }],
  [10_001, { word: "poison-stack", problem: "nested too deep for the stack" }],
]);
// Time enough for a busy machine to run out of memory before.
const SETTINGS = { LETHE_RECORD_SECONDS: "10", LETHE_TRANSFORM_MEMORY_MB: "64", LETHE_MAX_POISON: "4" };

let world: World;
let transformer: RunningService;

beforeAll(async () => {
  world = await openWorld({ services: ["scheduler", "extractor", "loader"] });
  transformer = await world.start("transformer", SETTINGS, POISONED_TRANSFORMER);
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer()]);
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await succeed(world, "customers", "products");
});
afterAll(() => world.close());

function poisoned(n: number, word: string) {
  const address = { address: `12 Quiet Row ${word}`, postcode: "D06 F1X2", city: "Dublin", country: "Ireland" };
  return transaction(n, { delivery_address: address });
}

it("loads every neighbour of records that exhaust memory, stack or time, and keeps those whole", async () => {
  const hour = "date=2022-03-01/hour=01";
  const records = Array.from({ length: RECORDS }, (_, i) => {
    const poison = POISON.get(i + 1);
    return poison === undefined ? transaction(i) : poisoned(i, poison.word);
  });
  await landRecords(world, `${hour}/transactions.json`, records);
  const run = await runByApi(world, "transactions");
  expect(run).toMatchObject({
    state: "succeeded",
    batches: { total: 1, failed: 0 },
    records: { in: RECORDS, loaded: RECORDS - POISON.size, rejectedByReason: { unreadable: POISON.size } },
  });
  const { rows } = await world.pool.query(
    `select q.line, reason, pointer, message, payload, payload_encoding as encoding
     from ledger.quarantine q join ledger.files f on f.id = q.file_id where regexp_replace(f.path, '([a-z])\\.\\d+\\.', '\\1.') = $1 order by q.line`,
    [`${hour}/transactions.json`],
  );
  expect(rows).toEqual(
    [...POISON].map(([line, { problem }]) => ({
      line,
      reason: "unreadable",
      pointer: null,
      message: `the record could not be worked on: ${problem}`,
      payload: JSON.stringify(records[line - 1]),
      encoding: "utf8",
    })),
  );
  expect((await readProcessed(world, "transactions")).get(hour)).toHaveLength(RECORDS - POISON.size);
  expect(await transformer.log()).not.toContain("Quiet Row");
}, 180_000);

it("works on in the same process", async () => {
  expect(process.kill(transformer.pid, 0)).toBe(true);
  await landRecords(world, "date=2022-03-01/hour=02/transactions.json", [transaction(20_000)]);
  expect((await runByApi(world, "transactions")).records).toMatchObject({ in: 1, loaded: 1 });
});

it("gives a batch up that holds more such records than the limit", async () => {
  const lines = Array.from({ length: 5 }, (_, i) => `${JSON.stringify(poisoned(30_000 + i, "poison-throw"))}\n`);
  await land(world, "date=2022-03-01/hour=03/transactions.json", lines.join(""));
  const run = await runByApi(world, "transactions");
  expect(run).toMatchObject({
    state: "failed",
    failures: [{ code: "batch_poisoned", message: "more than 4 of its records cannot be worked on" }],
  });
  expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(RECORDS - POISON.size + 1);
});
