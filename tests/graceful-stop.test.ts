import type { ServiceName } from "@lethe/contracts/services";
import { holdBatchesAfter, holdBatchesAt, untilHeldUp } from "@lethe/test-kit/hold";
import { landRecords } from "@lethe/test-kit/landing";
import { readProcessed } from "@lethe/test-kit/processed";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { openByApi, succeed, untilClosed } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import type { RunningService } from "@lethe/test-kit/world";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

const RECORDS = 400;
/** Milliseconds. A service that is told to stop may take so long. */
const STOPS_WITHIN = 10_000;
/** Milliseconds in which a lost job is surely not taken up: its lock alone lasts for longer. */
const LOCK = 30_000;

let world: World;
let runs = 0;

beforeAll(async () => {
  world = await openWorld({ settings: { LETHE_BATCH_BYTES: "16384", LETHE_LOADS_AT_ONCE: "1" } });
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer()]);
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await succeed(world, "customers", "products");
});
afterAll(() => world.close());

const held: [ServiceName, (world: World) => Promise<() => Promise<void>>][] = [
  ["extractor", () => holdBatchesAfter(world, 3)],
  ["transformer", () => holdBatchesAt(world, "transformed", 3)],
  ["loader", () => holdBatchesAt(world, "loaded", 3)],
];

it.each(held)(
  "a %s that is told to stop in the middle of a job ends in time, and another one goes on at once",
  async (name, hold) => {
    const partition = `date=2022-04-01/hour=0${runs}`;
    const first = runs * RECORDS;
    runs += 1;
    const records = Array.from({ length: RECORDS }, (_, n) => transaction(first + n));
    await landRecords(world, `${partition}/transactions.json`, records);
    const letGo = await hold(world);
    const runId = await openByApi(world, "transactions");
    await untilHeldUp(world, `lethe-${name}`);
    const [service] = [...world.running].filter((running) => running.name === name) as [RunningService];
    await world.start(name);

    const toldAt = performance.now();
    await world.stop(service);
    expect(performance.now() - toldAt).toBeLessThan(STOPS_WITHIN);
    const stoppedAt = performance.now();
    await letGo();
    const run = await untilClosed(world, runId);
    expect(performance.now() - stoppedAt).toBeLessThan(LOCK);
    expect(run).toMatchObject({
      state: "succeeded",
      failures: [],
      records: { in: RECORDS, loaded: RECORDS, rejected: 0 },
    });
    expect(await service.log()).toContain("job handed back");
    expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(first + RECORDS);
    const published = (await readProcessed(world, "transactions")).get(partition) ?? [];
    expect(published.map((record) => record.transaction_id).sort()).toEqual(
      records.map((record) => record.transaction_id),
    );
  },
  240_000,
);
