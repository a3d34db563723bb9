import { filesBelow, pathsBelow } from "@lethe/test-kit/folders";
import { holdBatchesAfter, holdPublications, untilHeldUp } from "@lethe/test-kit/hold";
import { batchesOf, openQueueEvents, untilFinishJobEnds, untilTransformed } from "@lethe/test-kit/jobs";
import { landRecords } from "@lethe/test-kit/landing";
import { withoutNumbers } from "@lethe/test-kit/numbered";
import { readProcessed } from "@lethe/test-kit/processed";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { openByApi, runByApi, succeed, untilClosed, untilRun } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { failRun } from "@lethe/warehouse/ledger/change-run";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

const RECORDS = 1_500;
// About 8 KiB a batch and one load at a time: a run of some seconds, so that there is a middle to interrupt it in.
const MANY_BATCHES = { LETHE_BATCH_BYTES: "8192", LETHE_LOADS_AT_ONCE: "1" };

let world: World;
let runsBefore = 0;
let firstOfRun = 0;

async function openShop(settings: Record<string, string>): Promise<void> {
  world = await openWorld({ settings });
  runsBefore = 0;
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer()]);
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await succeed(world, "customers", "products");
}

/** Puts new transactions into landing, in an hour of their own; returns its folder. */
async function landSales(): Promise<string> {
  const partition = `date=2022-04-01/hour=${String(runsBefore).padStart(2, "0")}`;
  firstOfRun = runsBefore * RECORDS;
  runsBefore += 1;
  const records = Array.from({ length: RECORDS }, (_, n) => transaction(firstOfRun + n));
  await landRecords(world, `${partition}/transactions.json`, records);
  return partition;
}

/** Whatever happened on the way: each record is in the warehouse once, and once in the processed file; the raw file is archived. */
async function expectAllOnce(partition: string): Promise<void> {
  expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(firstOfRun + RECORDS);
  expect(await countOf(world.pool, "select count(*) as n from warehouse.purchases")).toBe(firstOfRun + RECORDS);
  const published = (await readProcessed(world, "transactions")).get(partition) ?? [];
  expect(published.map((record) => String(record.transaction_id)).sort()).toEqual(
    Array.from({ length: RECORDS }, (_, n) => transaction(firstOfRun + n).transaction_id),
  );
  expect(await pathsBelow(world.landing)).toEqual([]);
  const archived = [...(await filesBelow(world.archived)).keys()].find((path) => path.startsWith(`${partition}/`));
  expect(withoutNumbers(archived)).toBe(`${partition}/transactions.json`);
  const { rows } = await world.pool.query(
    "select state, records_in as in, records_loaded as loaded from ledger.files where path = $1 and state <> 'released'",
    [archived],
  );
  expect(rows).toEqual([{ state: "done", in: RECORDS, loaded: expect.any(Number) }]);
}

describe("a job delivered twice, and two loaders at once", () => {
  beforeAll(() => openShop({ LETHE_BATCH_BYTES: "65536" }));
  afterAll(() => world.close());

  it("loads every batch once", async () => {
    const [loader] = [...world.running].filter((service) => service.name === "loader");
    if (loader !== undefined) await world.stop(loader);
    const partition = await landSales();
    const runId = await openByApi(world, "transactions");
    await untilRun(world, runId, (run) => run.state === "processing");
    const batchIds = await batchesOf(world, runId);
    expect(batchIds.length).toBeGreaterThan(5);
    await untilTransformed(world, batchIds);

    // The run is open: nobody can open a second one.
    const second = await world.api("POST", "/jobs/transactions/runs", {});
    expect(second).toMatchObject({ status: 409, body: { code: "run_active", activeRunId: runId } });
    const command = await world.lethe("run", "transactions");
    expect(command.code, command.err).toBe(4);
    expect(command.err).toContain(runId);

    const load = world.queues.byJob.load;
    const events = await openQueueEvents(world, "load");
    const twins = await Promise.all(
      batchIds.map((batchId) => load.add("load", { runId, batchId }, { jobId: `twin-${batchId}` })),
    );
    await Promise.all([world.start("loader"), world.start("loader")]);
    const outcomes = await Promise.all(twins.map((twin) => twin.waitUntilFinished(events)));
    await events.close();
    const run = await untilClosed(world, runId);
    expect(run).toMatchObject({ state: "succeeded", records: { in: RECORDS, loaded: RECORDS, rejected: 0 } });

    const first = await Promise.all(batchIds.map((batchId) => load.getJob(`load-${batchId}`)));
    const loaded = [...outcomes, ...first.map((job) => job?.returnvalue)];
    expect(loaded.reduce((sum, outcome) => sum + (outcome?.loaded ?? Number.NaN), 0)).toBe(RECORDS);
    await expectAllOnce(partition);
  });

  it("publishes every part once, though two finish jobs are at it at the same time", async () => {
    const partition = await landSales();
    const letGo = await holdPublications(world);
    const runId = await openByApi(world, "transactions");
    await untilHeldUp(world, "lethe-loader");
    const events = await openQueueEvents(world, "finish");
    const twin = await world.queues.byJob.finish.add("finish", { runId }, { jobId: `twin-${runId}` });
    await untilHeldUp(world, "lethe-loader", 2);
    await letGo();
    await twin.waitUntilFinished(events);
    await events.close();
    expect(await untilClosed(world, runId)).toMatchObject({ state: "succeeded", records: { loaded: RECORDS } });
    await expectAllOnce(partition);
  });
});

describe("a run that is interrupted half way", () => {
  beforeAll(() => openShop(MANY_BATCHES));
  afterAll(() => world.close());

  let partition: string;
  let runId: string;
  beforeEach(async () => {
    partition = await landSales();
    runId = await openByApi(world, "transactions");
    const { records } = await untilRun(world, runId, (run) => run.batches.done >= 2);
    expect(records.loaded).toBeLessThan(RECORDS);
  });

  it("goes on after it was cancelled and retried", async () => {
    const cancelled = await world.api("POST", `/runs/${runId}/cancel`);
    expect(cancelled).toMatchObject({ status: 202, body: { state: "cancelled" } });
    await untilFinishJobEnds(world, runId);
    expect((await readRun(world.pool, runId)).records.loaded).toBeLessThan(RECORDS);
    const retried = await world.api("POST", `/runs/${runId}/retry`);
    expect(retried.status, JSON.stringify(retried.body)).toBe(202);
    const run = await untilClosed(world, runId);
    expect(run).toMatchObject({ state: "succeeded", failures: [], records: { in: RECORDS, loaded: RECORDS } });
    await expectAllOnce(partition);
  });

  it("goes on when the retry comes before the cancellation is tidied up", async () => {
    expect((await world.api("POST", `/runs/${runId}/cancel`)).status).toBe(202);
    expect((await world.api("POST", `/runs/${runId}/retry`)).status).toBe(202);
    const run = await untilClosed(world, runId);
    expect(run).toMatchObject({ state: "succeeded", failures: [], records: { in: RECORDS, loaded: RECORDS } });
    await expectAllOnce(partition);
  });

  it("leaves to a later run what it was cancelled before", async () => {
    expect((await world.api("POST", `/runs/${runId}/cancel`)).status).toBe(202);
    await untilFinishJobEnds(world, runId);
    const { records } = await readRun(world.pool, runId);
    const later = await runByApi(world, "transactions");
    expect(later).toMatchObject({
      state: "succeeded",
      records: { in: RECORDS, loaded: RECORDS - records.loaded, rejectedByReason: { duplicate: records.loaded } },
    });
    await expectAllOnce(partition);
    expect((await world.api("POST", `/runs/${runId}/retry`)).status).toBe(409);
    expect(await pathsBelow(world.staging)).toEqual([]);
  });

  it("keeps and publishes what was loaded when its extraction gives up, and completes by a retry", async () => {
    await failRun(world.pool, runId, "extract", "given_up", "the extractor gave up");
    await untilFinishJobEnds(world, runId);
    const { records } = await readRun(world.pool, runId);
    const published = (await readProcessed(world, "transactions")).get(partition) ?? [];
    expect(published).toHaveLength(records.loaded);
    expect((await world.api("POST", `/runs/${runId}/retry`)).status).toBe(202);
    expect(await untilClosed(world, runId)).toMatchObject({ state: "succeeded", records: { loaded: RECORDS } });
    await expectAllOnce(partition);
  });

  it("is completed by the command when Redis has lost everything", async () => {
    await world.flush();
    expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBeLessThan(
      firstOfRun + RECORDS,
    );
    const other = await world.lethe("run", "products", "--follow");
    expect(other.code, other.err).toBe(0);
    expect(await untilClosed(world, runId)).toMatchObject({ state: "succeeded", records: { loaded: RECORDS } });
    await expectAllOnce(partition);
  });

  it("is completed by a scheduler that starts after Redis has lost everything", async () => {
    await world.flush();
    const [scheduler] = [...world.running].filter((service) => service.name === "scheduler");
    if (scheduler !== undefined) await world.stop(scheduler);
    await world.start("scheduler");
    expect(await untilClosed(world, runId)).toMatchObject({ state: "succeeded", records: { loaded: RECORDS } });
    await expectAllOnce(partition);
  });
});

describe("a run that is interrupted while it is still extracted", () => {
  beforeAll(() => openShop(MANY_BATCHES));
  afterAll(() => world.close());

  it.each(["a later run", "a retry"])(
    "is extracted no further once it is cancelled, and completed by %s",
    async (by) => {
      const partition = await landSales();
      const letGo = await holdBatchesAfter(world, 3);
      const runId = await openByApi(world, "transactions");
      await untilRun(world, runId, (run) => run.batches.total === 3);
      const cancelling = world.api("POST", `/runs/${runId}/cancel`);
      await letGo();
      expect((await cancelling).status).toBe(202);
      await untilFinishJobEnds(world, runId);
      const { batches, records } = await readRun(world.pool, runId);
      expect(batches.total).toBeLessThan(RECORDS / 48);

      if (by === "a retry") {
        expect((await world.api("POST", `/runs/${runId}/retry`)).status).toBe(202);
        const retried = await untilClosed(world, runId);
        expect(retried).toMatchObject({ state: "succeeded", records: { in: RECORDS, loaded: RECORDS } });
      } else {
        const later = await runByApi(world, "transactions");
        expect(later.records).toMatchObject({ in: RECORDS, loaded: RECORDS - records.loaded });
      }
      await expectAllOnce(partition);
    },
  );

  it("is extracted once, though its job is delivered twice at the same time", async () => {
    const partition = await landSales();
    const letGo = await holdBatchesAfter(world, 3);
    const runId = await openByApi(world, "transactions");
    await untilRun(world, runId, (run) => run.batches.total === 3);
    const events = await openQueueEvents(world, "extract");
    const active = new Promise<void>((resolve) => {
      events.on("active", ({ jobId }) => {
        if (jobId === `twin-${runId}`) resolve();
      });
    });
    const twin = await world.queues.byJob.extract.add("extract", { runId }, { jobId: `twin-${runId}` });
    await active;
    await letGo();
    await twin.waitUntilFinished(events);
    await events.close();
    const run = await untilClosed(world, runId);
    expect(run).toMatchObject({ state: "succeeded", records: { in: RECORDS, loaded: RECORDS, rejected: 0 } });
    await expectAllOnce(partition);
  });
});
