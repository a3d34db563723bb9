import { findPeople } from "@lethe/test-kit/everything";
import { holdBatchesAfter } from "@lethe/test-kit/hold";
import { batchesOf, untilFinishJobEnds, untilTransformed } from "@lethe/test-kit/jobs";
import { landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, type MarkedPerson, markedPeople } from "@lethe/test-kit/marked-people";
import { expectSalesOnce } from "@lethe/test-kit/processed";
import { product } from "@lethe/test-kit/records";
import { openByApi, settle, succeed, untilClosed, untilRun } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const [first, second, stays] = markedPeople(3) as [MarkedPerson, MarkedPerson, MarkedPerson];
const EVERYBODY = [first, second, stays];
const recognise = createRecogniser(EVERYBODY);

let world: World;

beforeAll(async () => {
  // One load at a time; batches of a few records.
  world = await openWorld({
    settings: { LETHE_LOADS_AT_ONCE: "1", LETHE_BATCH_BYTES: "1024", LETHE_ERASURE_OUTCOME: "pseudonymise" },
  });
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await landRecords(
    world,
    "date=2022-03-01/hour=00/customers.json",
    EVERYBODY.map((person) => person.customer()),
  );
  await landRecords(
    world,
    "date=2022-03-01/hour=00/transactions.json",
    EVERYBODY.map((person) => person.transaction(1)),
  );
  await succeed(world, "customers", "products", "transactions");
});
afterAll(() => world.close());

describe("a batch that was transformed before the suppression", () => {
  it("is loaded after it without the person", async () => {
    const [loader] = [...world.running].filter((service) => service.name === "loader");
    if (loader === undefined) throw new Error("no loader runs");
    await world.stop(loader);
    await landRecords(world, "date=2022-03-02/hour=00/erasure-requests.json", [first.request]);
    const erasure = await openByApi(world, "erasure-requests");
    await untilAllTransformed(erasure);
    await landRecords(
      world,
      "date=2022-03-02/hour=00/customers.json",
      [first, stays].map((person) => person.customer({ last_change: "2022-03-01" })),
    );
    await landRecords(
      world,
      "date=2022-03-02/hour=00/transactions.json",
      [first, stays].flatMap((person) => [person.transaction(2), person.transaction(3)]),
    );
    const customers = await openByApi(world, "customers");
    const transactions = await openByApi(world, "transactions");
    for (const runId of [customers, transactions]) {
      for (const batchId of await untilAllTransformed(runId)) {
        // Behind the requests, so that they are loaded after the suppression.
        await (await world.queues.byJob.load.getJob(`load-${batchId}`))?.changePriority({ priority: 1 });
      }
    }

    const again = await world.start("loader");
    expect(await untilClosed(world, customers)).toMatchObject({ state: "succeeded", records: { loaded: 2 } });
    expect(await untilClosed(world, transactions)).toMatchObject({ state: "succeeded", records: { loaded: 4 } });
    expect(await untilClosed(world, erasure)).toMatchObject({ state: "succeeded", records: { loaded: 1 } });
    await settle(world);

    expect(await again.log()).toContain("sent back to be transformed again");
    expect(await findPeople(world, recognise, (n) => n === first.n)).toEqual([]);
    await expectSalesOnce(world);
    // The erasure was completed only when what was open before it had closed.
    const { rows } = await world.pool.query<{ in_order: boolean }>(
      `select completed_at > (select max(finished_at) from ledger.runs where id = any ($1)) as in_order
       from warehouse.erasure_requests where run_id = $2`,
      [[customers, transactions], erasure],
    );
    expect(rows).toEqual([{ in_order: true }]);
  });
});

describe("an erasure while an older run is open", () => {
  it("waits, suppressed and masked, and completes when that run closes", async () => {
    await landRecords(
      world,
      "date=2022-03-03/hour=00/transactions.json",
      [second, stays].flatMap((person) => [person.transaction(4), person.transaction(5), person.transaction(6)]),
    );
    const letGo = await holdBatchesAfter(world, 1);
    const transactions = await openByApi(world, "transactions");
    await untilRun(world, transactions, (run) => run.batches.total === 1);
    await landRecords(world, "date=2022-03-03/hour=00/erasure-requests.json", [second.request]);
    const erasure = await openByApi(world, "erasure-requests");
    await untilRun(world, erasure, (run) => run.state === "finishing");
    await untilFinishJobEnds(world, erasure);

    expect(await stateOf(erasure)).toEqual({ run: "finishing", erasure: "suppressed", receipts: 0 });
    expect(await countOf(world.pool, "select count(*) as n from warehouse.customers where id = $1", [second.id])).toBe(
      0,
    );

    await letGo();
    expect(await untilClosed(world, transactions)).toMatchObject({ state: "succeeded", records: { loaded: 6 } });
    expect(await untilClosed(world, erasure)).toMatchObject({ state: "succeeded" });
    expect(await stateOf(erasure)).toEqual({ run: "succeeded", erasure: "completed", receipts: 1 });
    expect(await findPeople(world, recognise, (n) => n === second.n)).toEqual([]);
    await expectSalesOnce(world);
  });
});

/** Waits until a run's batches wait to be loaded; returns them. */
async function untilAllTransformed(runId: string): Promise<string[]> {
  await untilRun(world, runId, (run) => run.state === "processing");
  const batchIds = await batchesOf(world, runId);
  await untilTransformed(world, batchIds);
  return batchIds;
}

async function stateOf(runId: string) {
  const { rows } = await world.pool.query(
    `select r.state as run, e.state as erasure,
            (select count(*) from privacy.proof_log where kind = 'receipt' and body ->> 'erasureId' = e.id::text) as receipts
     from ledger.runs r join warehouse.erasure_requests e on e.run_id = r.id where r.id = $1`,
    [runId],
  );
  return rows[0];
}
