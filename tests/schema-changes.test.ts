import type { RunDetail } from "@lethe/contracts/runs";
import type { SchemaMode } from "@lethe/contracts/schema-changes";
import { toCsv } from "@lethe/test-kit/csv";
import { readEverything } from "@lethe/test-kit/everything";
import { filesBelow, pathsBelow } from "@lethe/test-kit/folders";
import { batchesOf, openQueueEvents, untilTransformed } from "@lethe/test-kit/jobs";
import { land, landRecords } from "@lethe/test-kit/landing";
import { withoutNumbers } from "@lethe/test-kit/numbered";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { openByApi, runByApi, settle, succeed, untilClosed, untilRun } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Stands in every new field, and in the names of some: must come up nowhere but where records are kept. */
const VALUE = "Valuex7Jane";

/** Each test stops and starts services. */
const TIME = { timeout: 120_000 };

let world: World;
let hours = 0;

async function openShop(settings: Record<string, string> = {}): Promise<void> {
  world = await openWorld({ settings, services: ["scheduler", "extractor", "loader"] });
  hours = 0;
}

/** Puts a transformer with the setting in place of the one that runs. */
async function setMode(mode: SchemaMode | undefined): Promise<void> {
  const before = [...world.running].find((service) => service.name === "transformer");
  if (before !== undefined) await world.stop(before);
  await world.start("transformer", mode === undefined ? {} : { LETHE_SCHEMA_CHANGES: mode });
}

/** Returns the folder of an hour that nothing has come in yet. */
function newHour(): string {
  return `date=2022-05-01/hour=${String(hours++).padStart(2, "0")}`;
}

function without(record: Readonly<Record<string, unknown>>, ...names: string[]) {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

/** Six customers in two files, and what of their fields is not as the contract says: counted by hand. */
async function landChangedCustomers(firstId: number) {
  const person = (n: number, fields: Readonly<Record<string, unknown>> = {}) =>
    customer({ id: String(firstId + n).padStart(6, "0"), first_name: `Aoife ${firstId + n}`, ...fields });
  const lines = `${newHour()}/customers.json`;
  const rows = `${newHour()}/customers.csv.gz`;
  await landRecords(world, lines, [
    person(0),
    person(1, { loyalty_tier: VALUE, [`${VALUE} and more`]: 1 }),
    without(person(2), "email"),
    without(person(3, { loyalty_tier: VALUE }), "segment"),
  ]);
  await land(world, rows, toCsv([4, 5].map((n) => without(person(n, { county: VALUE }), "segment"))));
  const report = [
    { change: "new", field: "(other)", records: 1, firstFile: lines, firstLine: 2 },
    { change: "new", field: "/county", records: 2, firstFile: rows, firstLine: 2 },
    { change: "new", field: "/loyalty_tier", records: 2, firstFile: lines, firstLine: 2 },
    { change: "missing", field: "/email", records: 1, firstFile: lines, firstLine: 3 },
    { change: "missing", field: "/segment", records: 2, firstFile: rows, firstLine: 2 },
  ];
  return { files: [lines, rows], report };
}

/** A sale with new fields at each level, and a line without its quantity. */
async function landChangedSales(firstNumber: number) {
  const sale = transaction(firstNumber);
  const [line = {}] = sale.purchases.products;
  const path = `${newHour()}/transactions.json`;
  const changed = {
    ...sale,
    delivery_address: { ...sale.delivery_address, county: VALUE },
    purchases: { ...sale.purchases, products: [{ ...line, discount: VALUE }] },
  };
  const bare = { products: [without(line, "quanitity")], total_cost: "5.00" };
  await land(world, path, JSON.stringify([changed, transaction(firstNumber + 1, { purchases: bare })]));
  const report = [
    { change: "new", field: "/delivery_address/county", records: 1, firstFile: path, firstLine: 1 },
    { change: "new", field: "/purchases/products/*/discount", records: 1, firstFile: path, firstLine: 1 },
    { change: "missing", field: "/purchases/products/*/quantity", records: 1, firstFile: path, firstLine: 2 },
  ];
  return { files: [path], report };
}

/** Takes one customer and one product in, whom the sales refer to. */
async function landStock(): Promise<void> {
  await landRecords(world, `${newHour()}/customers.json`, [customer()]);
  await landRecords(world, `${newHour()}/products.json`, [product()]);
  await succeed(world, "customers", "products");
}

/** Returns the run as the API shows it. */
async function byApi(runId: string): Promise<RunDetail> {
  return (await world.api("GET", `/runs/${runId}`)).body as RunDetail;
}

/** Looks for the new fields' values and odd names wherever they must not be, and in what was told; returns where they stand. */
async function placesOfValues(told: unknown): Promise<string[]> {
  const allowed = /^(table ledger\.quarantine|samples of ledger\.quarantine|file (landing|archived_data|staging)\/)/;
  const places: string[] = [];
  for await (const { where, text } of readEverything(world)) {
    if (!allowed.test(where) && text.includes(VALUE)) places.push(where);
  }
  if (JSON.stringify(told).includes(VALUE)) places.push("what is told");
  return (await world.logs()).includes(VALUE) ? [...places, "logs"] : places;
}

describe("files whose fields have changed", TIME, () => {
  beforeAll(async () => {
    await openShop();
    await setMode(undefined);
    await landStock();
  });
  afterAll(() => world.close());

  it("have their changed records rejected where nothing is set, with a report by API and command", async () => {
    const { report } = await landChangedCustomers(100);
    const command = await world.lethe("run", "customers", "--follow");
    expect(command.code, command.err).toBe(0);
    expect(withoutNumbers(command.out)).toContain(
      `customers: new /loyalty_tier in 2 records, first ${report[2]?.firstFile}:2\n  customers: missing /email in 1 record, `,
    );
    const { rows } = await world.pool.query<{ id: string }>(
      "select id::text from ledger.runs order by requested_at desc limit 1",
    );
    const run = await byApi(rows[0]?.id ?? "");
    expect(run).toMatchObject({ state: "succeeded", records: { in: 6, loaded: 1, rejectedByReason: { schema: 5 } } });
    expect(withoutNumbers(run.schemaChanges)).toEqual(report);
    const status = await world.lethe("status", "--json");
    expect(withoutNumbers(JSON.parse(status.out.split("\n")[0] ?? ""))).toMatchObject({
      job: "customers",
      schemaChanges: report,
    });
    expect(await placesOfValues([command, run, status])).toEqual([]);
  });

  it("lose their new fields under discard; what lacks a required one is rejected all the same", async () => {
    await setMode("discard");
    const customers = await landChangedCustomers(200);
    const sales = await landChangedSales(200);
    const command = await world.lethe("run", "customers", "transactions", "--follow", "--json");
    expect(command.code, command.err).toBe(0);
    const runs = command.out
      .trim()
      .split("\n")
      .map((line): RunDetail => JSON.parse(line));
    expect(runs).toMatchObject([
      { records: { in: 6, loaded: 5, rejectedByReason: { schema: 1 } } },
      { records: { in: 2, loaded: 1, rejectedByReason: { schema: 1 } } },
    ]);
    expect(withoutNumbers(runs.map(({ schemaChanges }) => schemaChanges))).toEqual([customers.report, sales.report]);
    expect(await placesOfValues(command)).toEqual([]);
  });

  it("are kept out under freeze, wait in landing, and are taken by a retry once the setting allows it", async () => {
    await setMode("freeze");
    const before = await countAll();
    const { files, report } = await landChangedCustomers(300);
    const frozen = await runByApi(world, "customers");
    expect(frozen).toMatchObject({
      state: "failed",
      records: { in: 0, loaded: 0, rejected: 0 },
      failures: [{ code: "schema_changed" }],
      schemaChanges: report,
    });
    expect(frozen.failures[0]?.message).toBe(
      "the fields of customers have changed, by records: new /loyalty_tier (2), new (other) (1), new /county (2), missing /segment (2)",
    );
    expect([...(await filesBelow(world.landing)).keys()].sort()).toEqual(files);
    expect(await countAll()).toEqual(before);
    expect(await placesOfValues(frozen)).toEqual([]);

    // Under the same setting it comes to the same, counted once.
    expect((await world.api("POST", `/runs/${frozen.id}/retry`)).status).toBe(202);
    expect(await untilClosed(world, frozen.id)).toMatchObject({ state: "failed", schemaChanges: report });

    await setMode("discard");
    expect((await world.api("POST", `/runs/${frozen.id}/retry`)).status).toBe(202);
    const retried = await untilClosed(world, frozen.id);
    expect(retried).toMatchObject({ state: "succeeded", records: { in: 6, loaded: 5, rejected: 1 }, failures: [] });
    expect(withoutNumbers(retried.schemaChanges)).toEqual(report);
    expect(await pathsBelow(world.landing)).toEqual([]);
  });

  it("are taken by a new run as well, and the frozen one keeps its report", async () => {
    await setMode("freeze");
    const { report } = await landChangedSales(300);
    const frozen = await runByApi(world, "transactions");
    expect(frozen).toMatchObject({ state: "failed", failures: [{ code: "schema_changed" }] });
    await setMode("quarantine");
    const later = await runByApi(world, "transactions");
    expect(later).toMatchObject({ state: "succeeded", records: { in: 2, loaded: 0, rejectedByReason: { schema: 2 } } });
    expect(withoutNumbers(later.schemaChanges)).toEqual(report);
    expect(withoutNumbers((await byApi(frozen.id)).schemaChanges)).toEqual(report);
  });

  it("are not kept out under freeze by a record that alone lacks a field", async () => {
    await setMode("freeze");
    const path = `${newHour()}/customers.json`;
    await landRecords(world, path, [
      customer({ id: "000400" }),
      without(customer({ id: "000401" }), "email"),
      without(customer({ id: "000402" }), "segment"),
    ]);
    expect(withoutNumbers(await runByApi(world, "customers"))).toMatchObject({
      state: "succeeded",
      records: { in: 3, loaded: 2, rejectedByReason: { schema: 1 } },
      schemaChanges: [{ change: "missing", field: "/email", records: 1, firstFile: path, firstLine: 2 }],
    });
  });

  it("stay in quarantine under freeze when they are replayed, and the replay has a report of its own", async () => {
    await setMode("discard");
    const path = `${newHour()}/transactions.json`;
    await landRecords(world, path, [
      transaction(500, { customer_id: "000500", voucher: VALUE }),
      transaction(501, { customer_id: "000500" }),
    ]);
    const first = await runByApi(world, "transactions");
    const change = { change: "new", field: "/voucher", records: 1, firstFile: path, firstLine: 1 };
    expect(withoutNumbers(first)).toMatchObject({
      records: { rejectedByReason: { unknown_customer: 2 } },
      schemaChanges: [change],
    });

    await setMode("freeze");
    await landRecords(world, `${newHour()}/customers.json`, [customer({ id: "000500" })]);
    await succeed(world, "customers");
    const replays = await settle(world);
    expect(withoutNumbers(replays)).toMatchObject([
      { kind: "replay", state: "succeeded", records: { loaded: 1, rejected: 1 }, schemaChanges: [change] },
    ]);
    const { rows } = await world.pool.query(
      "select reason, line, pointer from ledger.quarantine where status = 'open' and subject_customer_id = '000500'",
    );
    expect(rows).toEqual([{ reason: "schema", line: 1, pointer: "/voucher" }]);
    expect(withoutNumbers((await byApi(first.id)).schemaChanges)).toEqual([change]);
  });
});

describe("a run of many batches", TIME, () => {
  const RECORDS = 100;
  beforeAll(async () => {
    await openShop({ LETHE_BATCH_BYTES: "8192" });
    await setMode("discard");
    await landStock();
  });
  afterAll(() => world.close());

  it("names fifty new fields, those of the most records, and counts the others together", async () => {
    const partition = newHour();
    const fields = (from: number) => Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${from + i}`, VALUE]));
    // Two files of more than a batch's bytes each.
    for (const [tag, first, records] of [
      ["a", 0, 30],
      ["b", 40, 20],
    ] as const) {
      const products = Array.from({ length: records }, (_, n) =>
        product({ sku: first * 100 + n + 1, ...fields(first) }),
      );
      await landRecords(world, `${partition}/products.${tag}.json`, products);
    }
    const run = await runByApi(world, "products");
    expect(run).toMatchObject({ state: "succeeded", records: { in: 50, loaded: 50 } });
    expect(run.batches.total).toBeGreaterThan(1);
    const named = run.schemaChanges.filter(({ field }) => field !== "(other)");
    expect(named).toHaveLength(50);
    expect(named.filter(({ records }) => records === 30)).toHaveLength(40);
    expect(named.filter(({ records }) => records === 20)).toHaveLength(10);
    expect(withoutNumbers(run.schemaChanges[0])).toEqual({
      change: "new",
      field: "(other)",
      records: 20,
      firstFile: `${partition}/products.json`,
      firstLine: 1,
    });
  });

  it("counts a batch that is delivered twice once, whether it is frozen or loaded, and adds up with the others", async () => {
    const path = `${newHour()}/transactions.json`;
    await landRecords(
      world,
      path,
      Array.from({ length: RECORDS }, (_, n) => transaction(n, n < 3 ? {} : { voucher: VALUE })),
    );
    const report = [{ change: "new", field: "/voucher", records: RECORDS - 3, firstFile: path, firstLine: 4 }];

    await setMode("freeze");
    const runId = await openByApi(world, "transactions");
    await deliverAgain("transform", runId);
    const frozen = await untilClosed(world, runId);
    expect(frozen).toMatchObject({ state: "failed", records: { in: 0 }, schemaChanges: report });
    expect(frozen.batches.failed).toBeGreaterThan(1);
    await deliverAgain("transform", runId);
    expect((await byApi(runId)).schemaChanges).toEqual(report);

    const loader = [...world.running].find((service) => service.name === "loader");
    if (loader !== undefined) await world.stop(loader);
    await setMode("discard");
    const laterId = await openByApi(world, "transactions");
    await untilRun(world, laterId, (run) => run.state === "processing");
    await untilTransformed(world, await batchesOf(world, laterId));
    const delivered = deliverAgain("load", laterId);
    await Promise.all([world.start("loader"), world.start("loader")]);
    await delivered;
    const loaded = await untilClosed(world, laterId);
    expect(loaded).toMatchObject({ state: "succeeded", records: { in: RECORDS, loaded: RECORDS, rejected: 0 } });
    expect(withoutNumbers(loaded.schemaChanges)).toEqual(report);
  });
});

/** Delivers a job of each batch of a run once more and waits until that is done, or has failed. */
async function deliverAgain(job: "transform" | "load", runId: string): Promise<void> {
  await untilRun(world, runId, (run) => run.state !== "queued" && run.state !== "extracting");
  const events = await openQueueEvents(world, job);
  const twins = await Promise.all(
    (await batchesOf(world, runId)).map((batchId) => {
      const jobId = `twin-${job}-${batchId}-${Date.now()}`;
      return job === "load"
        ? world.queues.byJob.load.add("load", { runId, batchId }, { jobId })
        : world.queues.byJob.transform.add("transform", { runId, batchId }, { jobId });
    }),
  );
  await Promise.allSettled(twins.map((twin) => twin.waitUntilFinished(events)));
  await events.close();
}

/** Counts what is loaded and what is quarantined. */
async function countAll(): Promise<number[]> {
  return Promise.all(
    ["warehouse.customers", "warehouse.transactions", "ledger.quarantine"].map((table) =>
      countOf(world.pool, `select count(*) as n from ${table}`),
    ),
  );
}
