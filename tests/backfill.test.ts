import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasSucceeded, type RunDetail } from "@lethe/contracts/runs";
import { findPeople } from "@lethe/test-kit/everything";
import { filesBelow } from "@lethe/test-kit/folders";
import { holdBatchesAfter, holdBatchesAt, holdPublications, untilHeldUp } from "@lethe/test-kit/hold";
import { landAsIs, landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, markedPerson } from "@lethe/test-kit/marked-people";
import { type JsonRecord, readProcessed } from "@lethe/test-kit/processed";
import { product, transaction } from "@lethe/test-kit/records";
import { openByApi, runByApi, settle, untilClosed, untilRun } from "@lethe/test-kit/runs";
import { checksums, countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const DATASETS = ["customers", "products", "transactions"] as const;
type Dataset = (typeof DATASETS)[number];

const RESTORED =
  "customers customers_history products products_history transactions delivery_addresses purchases".split(" ");

let world: World;

/** Lands some days of everything: versions, late and repeated ones, conflicts, waits that end, waits that do not, CSV, nonsense. */
async function loadDays(): Promise<void> {
  const people = [1, 2, 3, 4, 5].map(markedPerson);
  for (const day of [1, 2, 3, 4]) {
    const hour = `date=2022-03-0${day}/hour=08`;
    await landRecords(
      world,
      `${hour}/customers.json`,
      people
        .filter(({ n }) => n <= day + 1)
        .map((person) => person.customer({ last_change: "2022-01-01", segment: `s${day % 3}` })),
    );
    await landRecords(world, `${hour}/products.json`, [
      product({ price: ["10", "12", "10", "10"][day - 1] }),
      product({ sku: 20_000 + day }),
      { sku: "none" },
    ]);
    const sales = people.flatMap((person) => [person.transaction(day), person.transaction(10 + day)]);
    const waiting = transaction(900 + day, { customer_id: "999999" });
    const forged = { ...people[0]?.transaction(1), customer_id: people[1]?.id };
    await landRecords(world, `${hour}/transactions.json`, [...sales, waiting, forged, ...sales.slice(0, 2)]);
  }
  // Sales of persons 3 to 5 come before their customers, and are replayed.
  await succeed("products", "transactions", "customers");
  await settle(world);
  // One is corrected and replayed, one is delivered again, corrected.
  const wrong = [700, 701].map((n) => transaction(n, { ...people[0]?.transaction(n), transaction_time: "noon" }));
  await landRecords(world, "date=2022-03-03/hour=09/transactions.json", wrong);
  await succeed("transactions");
  const { rows } = await world.pool.query<{ id: number }>(
    "select id from ledger.quarantine where status = 'open' and line = 1 and payload like '%noon%'",
  );
  const changes = { transaction_time: "2022-03-03T09:00:00" };
  expect((await world.api("POST", `/quarantine/${rows[0]?.id}/correct`, { changes })).status).toBe(202);
  await settle(world);
  await landRecords(world, "date=2022-03-03/hour=10/transactions.json", [{ ...wrong[1], ...changes }]);
  await succeed("transactions");
  await landAsIs(world, "date=2022-03-02/hour=09/customers.json", Buffer.from("{ torn"));
  await landRecords(world, "date=2022-03-01/hour=07/products.json", [product({ price: "11" })]);
  await succeed("customers", "products");
  await landRecords(world, "date=2022-03-05/hour=01/erasure-requests.json", [markedPerson(2).request]);
  await succeed("erasure-requests");
  await settle(world);
}

/** Runs jobs one after the other, with whatever warnings. */
async function succeed(...jobs: (Dataset | "erasure-requests")[]): Promise<void> {
  for (const job of jobs) expect(hasSucceeded((await runByApi(world, job)).state)).toBe(true);
}

async function rest(): Promise<Record<string, unknown>> {
  const rows = async (sql: string) => (await world.pool.query(sql)).rows;
  return {
    files: await rows("select * from ledger.files order by id"),
    quarantine: await rows("select * from ledger.quarantine order by id"),
    processed: [...(await filesBelow(world.processed))].filter(([path]) => path.startsWith("date=")),
    archived: [...(await filesBelow(world.archived))],
    quarantined: [...(await filesBelow(world.quarantined))],
    erased: await rows("select * from privacy.erased_records order by 1"),
    replacements: await rows("select * from privacy.record_replacements order by 1"),
    epoch: await rows("select * from privacy.suppression_epoch"),
  };
}

async function counts(): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const table of RESTORED)
    found[table] = await countOf(world.pool, `select count(*) as n from warehouse.${table}`);
  return found;
}

function backfill(dataset: Dataset, request: object = {}): Promise<RunDetail> {
  return openBackfill(dataset, request).then((id) => untilClosed(world, id));
}

async function openBackfill(dataset: Dataset, request: object = {}): Promise<string> {
  const { status, body } = await world.api("POST", `/jobs/${dataset}/backfills`, request);
  expect(status, JSON.stringify(body)).toBe(202);
  return (body as { id: string }).id;
}

async function plan(dataset: Dataset, request: object = {}): Promise<unknown> {
  return (await world.api("POST", `/jobs/${dataset}/backfills/plan`, request)).body;
}

async function truncate(): Promise<void> {
  await world.pool.query(
    `truncate warehouse.erased_sales, ${RESTORED.map((table) => `warehouse.${table}`).join(", ")}`,
  );
}

/** Returns what processed files hold, whatever the order. */
async function processedRecords(dataset: Dataset): Promise<Record<string, string[]>> {
  const text = (record: JsonRecord) => JSON.stringify(record);
  const partitions = [...(await readProcessed(world, dataset))];
  return Object.fromEntries(partitions.map(([partition, records]) => [partition, records.map(text).sort()]));
}

async function restore(): Promise<void> {
  for (const dataset of DATASETS) expect(await backfill(dataset)).toMatchObject({ state: "succeeded" });
  await settle(world);
}

describe("a backfill", () => {
  beforeAll(async () => {
    world = await openWorld({ settings: { LETHE_BATCH_BYTES: "4096", LETHE_LOCK_SECONDS: "2" } });
    await loadDays();
  });
  afterAll(() => world.close());

  it("of what is loaded changes nothing but the runs", async () => {
    const before = { sums: await checksums(world.pool), rest: await rest() };
    for (const dataset of DATASETS) {
      const run = await backfill(dataset);
      expect(run).toMatchObject({
        kind: "backfill",
        state: "succeeded",
        notTaken: 0,
        records: { loaded: 0, rejected: 0 },
      });
      expect(run.records.in).toBeGreaterThan(0);
    }
    expect(await settle(world)).toEqual([]);
    expect({ sums: await checksums(world.pool), rest: await rest() }).toEqual(before);
  });

  it("of one hour, and of what is missing alone, takes no more than that", async () => {
    const hour = { from: "2022-03-01T08", to: "2022-03-01T08" };
    expect(await plan("transactions", hour)).toMatchObject({ takes: { partitions: 1, files: 1 } });
    expect((await backfill("transactions", hour)).files).toMatchObject({ taken: 1, done: 1 });
    expect(await plan("products", { only: "missing" })).toMatchObject({
      takes: { partitions: 0, files: 0, bytes: 0 },
      byState: [{ state: "loaded", partitions: 5, files: 5 }],
    });
    await world.pool.query(
      "delete from warehouse.products_history where source_file_id in (select id from ledger.files where partition_date = '2022-03-02')",
    );
    expect(await plan("products", { only: "missing" })).toMatchObject({ takes: { partitions: 1, files: 1 } });
    expect((await backfill("products", { only: "missing" })).records).toMatchObject({ loaded: 1 });
    expect(await plan("products", { maxFiles: 2 })).toMatchObject({ takes: { files: 2 }, leaves: { files: 3 } });
  });

  it("of an emptied warehouse restores every row, and leaves quarantine and files as they are", async () => {
    const before = { counts: await counts(), rest: await rest() };
    const sales = await processedRecords("transactions");
    await truncate();
    await restore();
    expect(await counts()).toEqual(before.counts);
    expect(await rest()).toEqual(before.rest);
    const { rows } = await world.pool.query<{ id: string }>(
      "select transaction_id::text as id from warehouse.transactions",
    );
    const published = Object.values(sales)
      .flat()
      .map((record): string => JSON.parse(record).transaction_id);
    expect(rows.map(({ id }) => id).sort()).toEqual(published.sort());
  });

  it("writes processed files anew that are gone", async () => {
    const before = await Promise.all(DATASETS.map(processedRecords));
    await rm(world.processed, { recursive: true });
    for (const dataset of DATASETS) expect((await backfill(dataset)).state).toBe("succeeded");
    expect(await Promise.all(DATASETS.map(processedRecords))).toEqual(before);
  });

  it("names files that are absent, damaged or unknown, and takes the others", async () => {
    const { rows } = await world.pool.query<{ path: string }>(
      "select kept_path as path from ledger.files where dataset = 'products' order by id",
    );
    const [absent, damaged] = rows.map(({ path }) => path);
    if (absent === undefined || damaged === undefined) throw new Error("the archive holds too little");
    const kept = await Promise.all([absent, damaged].map((path) => readFile(join(world.archived, path))));
    await rm(join(world.archived, absent));
    await writeFile(join(world.archived, damaged), "{}\n");
    await writeFile(join(world.archived, "date=2022-03-01/hour=08/products.999.json"), "{}\n");
    const run = await backfill("products");
    expect(run).toMatchObject({ state: "succeeded", notTaken: 3, files: { taken: 5, done: 3 } });
    expect(run.notices.map(({ code, path }) => [code, path]).sort()).toEqual([
      ["archive_file_absent", absent],
      ["archive_file_damaged", damaged],
      ["archive_file_unknown", "date=2022-03-01/hour=08/products.999.json"],
    ]);
    await rm(join(world.archived, "date=2022-03-01/hour=08/products.999.json"));
    await Promise.all([absent, damaged].map((path, i) => writeFile(join(world.archived, path), kept[i] ?? "")));
    expect(await plan("products", { only: "failed" })).toMatchObject({ takes: { files: 2 } });
    expect(await backfill("products", { only: "failed" })).toMatchObject({ notTaken: 0, files: { taken: 2, done: 2 } });
    expect(await plan("products", { only: "failed" })).toMatchObject({ takes: { files: 0 } });
  });

  it("goes on where it was when any service is killed", { timeout: 180_000 }, async () => {
    const before = { counts: await counts(), rest: await rest() };
    await truncate();
    await backfill("customers");
    await backfill("products");
    const holds = {
      extractor: () => holdBatchesAfter(world, 1),
      transformer: () => holdBatchesAt(world, "transformed", 1),
      loader: () => holdBatchesAt(world, "loaded", 1),
      scheduler: () => holdBatchesAt(world, "loaded", 1),
    } as const;
    for (const name of ["extractor", "transformer", "loader", "scheduler"] as const) {
      const letGo = await holds[name]();
      const runId = await openBackfill("transactions");
      await untilHeldUp(world, `lethe-${name === "scheduler" ? "loader" : name}`);
      for (const service of world.running) if (service.name === name) await world.kill(service);
      await letGo();
      await world.start(name);
      expect((await untilClosed(world, runId)).state).toBe("succeeded");
    }
    await settle(world);
    expect(await counts()).toEqual(before.counts);
    expect(await rest()).toEqual(before.rest);
  });

  it("makes output again that is lost before it is published", async () => {
    await rm(join(world.processed), { recursive: true });
    const letGo = await holdPublications(world);
    const runId = await openBackfill("transactions");
    await untilHeldUp(world, "lethe-loader");
    const staged = [...(await filesBelow(world.staging)).keys()].filter((path) => path.startsWith(`${runId}/`));
    expect(staged.length).toBeGreaterThan(1);
    for (const path of staged) await rm(join(world.staging, path));
    for (const service of world.running) if (service.name === "loader") await world.kill(service);
    await letGo();
    await world.start("loader");
    expect(await untilClosed(world, runId)).toMatchObject({ state: "succeeded", failures: [] });
    const { rows } = await world.pool.query<{ id: string }>(
      "select transaction_id::text as id from warehouse.transactions",
    );
    const published = Object.values(await processedRecords("transactions")).flat();
    expect(published.map((record) => JSON.parse(record).transaction_id).sort()).toEqual(
      rows.map(({ id }) => id).sort(),
    );
    for (const dataset of ["customers", "products"] as const) await backfill(dataset);
  });

  it("can be cancelled, and leaves nothing behind that another one would not find", async () => {
    const before = { counts: await counts(), rest: await rest() };
    await truncate();
    await backfill("customers");
    await backfill("products");
    const letGo = await holdBatchesAfter(world, 1);
    const runId = await openBackfill("transactions");
    await untilHeldUp(world, "lethe-extractor");
    const cancelling = world.api("POST", `/runs/${runId}/cancel`);
    await letGo();
    expect((await cancelling).status).toBe(202);
    expect((await untilClosed(world, runId)).state).toBe("cancelled");
    await restore();
    expect(await counts()).toEqual(before.counts);
    expect(await rest()).toEqual(before.rest);
  });

  it("lets live runs go first, and is one at a time", async () => {
    const letGo = await holdBatchesAfter(world, 1);
    await landRecords(world, "date=2022-03-06/hour=01/transactions.json", [transaction(1_000)]);
    const runId = await openBackfill("transactions");
    await untilHeldUp(world, "lethe-extractor");
    expect(await world.api("POST", "/jobs/products/backfills", {})).toMatchObject({ status: 409 });
    const live = await runByApi(world, "transactions");
    expect(live.state).toBe("succeeded");
    expect((await untilRun(world, runId, () => true)).state).toBe("extracting");
    await letGo();
    expect((await untilClosed(world, runId)).state).toBe("succeeded");
  });

  it("waits with its next batch while a live run of its dataset is at work", async () => {
    const letGo = await holdBatchesAt(world, "loaded", 0);
    await landRecords(world, "date=2022-03-06/hour=02/products.json", [product({ sku: 77 })]);
    const live = await openByApi(world, "products");
    await untilHeldUp(world, "lethe-loader");
    const runId = await openBackfill("products");
    const waiting = await untilRun(world, runId, ({ state }) => state === "extracting");
    expect(waiting.batches.total).toBe(0);
    await letGo();
    expect((await untilClosed(world, live)).state).toBe("succeeded");
    const ended = await untilClosed(world, runId);
    expect(Date.parse(ended.finishedAt ?? "")).toBeGreaterThan(
      Date.parse((await untilClosed(world, live)).finishedAt ?? ""),
    );
  });

  it("brings nobody back who is erased while it is at work", async () => {
    const gone = markedPerson(3);
    await truncate();
    await backfill("products");
    const letGoCustomers = await holdBatchesAt(world, "loaded", 0);
    const customers = await openBackfill("customers");
    await untilHeldUp(world, "lethe-loader");
    await letGoCustomers();
    expect((await untilClosed(world, customers)).state).toBe("succeeded");
    const sales = await countOf(world.pool, "select count(*) as n from ledger.quarantine where status = 'open'");
    const letGo = await holdBatchesAt(world, "loaded", 1);
    const runId = await openBackfill("transactions");
    await untilHeldUp(world, "lethe-loader");
    const asked = await world.api("POST", "/erasures", { customerId: gone.id, email: gone.email });
    expect(asked.status, JSON.stringify(asked.body)).toBe(202);
    await letGo();
    expect((await untilClosed(world, runId)).state).toBe("succeeded");
    await settle(world);
    expect(await findPeople(world, createRecogniser([gone]), (n) => n === gone.n)).toEqual([]);
    // Whom nobody asked to forget is all there.
    expect(await countOf(world.pool, "select count(*) as n from ledger.quarantine where status = 'open'")).toBe(sales);
    const before = await counts();
    await truncate();
    await restore();
    expect(await counts()).toEqual(before);
    expect(await findPeople(world, createRecogniser([gone]), (n) => n === gone.n)).toEqual([]);
  });

  it("is refused for erasure requests, and by command line shows a plan", async () => {
    expect(await world.api("POST", "/jobs/erasure-requests/backfills", {})).toMatchObject({ status: 404 });
    expect(await world.lethe("backfill", "erasure-requests")).toMatchObject({ code: 2 });
    const { code, out } = await world.lethe("backfill", "all", "--dry-run", "--json");
    expect(code).toBe(0);
    expect(
      out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).job),
    ).toEqual([...DATASETS].sort());
    const followed = await world.lethe("backfill", "products", "--from", "2022-03-02", "--follow");
    expect(followed).toMatchObject({ code: 0 });
    expect(followed.out).toContain("products (backfill)");
  });

  it("of what has failed tries files again that stand in quarantine whole", async () => {
    const long = `${JSON.stringify(product({ sku: 4_711 }))}${" ".repeat(1_100_000)}\n${JSON.stringify(product({ sku: 4_712 }))}\n`;
    await landAsIs(world, "date=2022-03-03/hour=08/products copy.json", Buffer.from(long));
    await succeed("products");
    const entries = async () => {
      const { rows } = await world.pool.query<{ dataset: string; status: string }>(
        "select dataset, status from ledger.quarantine where line is null order by id",
      );
      return rows.map(({ dataset, status }) => `${dataset} ${status}`);
    };
    expect(await entries()).toEqual(["products open"]);
    const whole = [...(await filesBelow(world.quarantined)).keys()];
    expect(await plan("products", { only: "failed" })).toMatchObject({
      takes: { partitions: 1, files: 2 },
      quarantined: 0,
    });
    expect(await plan("products")).toMatchObject({ quarantined: 1 });
    // As long as nothing has changed, nothing changes.
    const still = await backfill("products", { only: "failed" });
    expect(still.notices.map(({ code }) => code)).toEqual(["file_unreadable_still"]);
    expect([...(await filesBelow(world.quarantined)).keys()]).toEqual(whole);
    for (const service of world.running) if (service.name === "extractor") await world.stop(service);
    await world.start("extractor", { LETHE_MAX_RECORD_BYTES: String(4 * 1_048_576) });
    const again = await backfill("products", { only: "failed" });
    expect(again.notices).toMatchObject([{ code: "file_tried_again" }]);
    const run = await runByApi(world, "products");
    expect(run).toMatchObject({ state: "succeeded", files: { taken: 1, done: 1 }, records: { loaded: 2 } });
    expect(await entries()).toEqual(["products replayed"]);
    expect((await filesBelow(world.quarantined)).size).toBe(0);
    expect(await plan("products", { only: "failed" })).toMatchObject({ takes: { files: 0 } });
  });
});
