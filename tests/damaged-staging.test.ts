import { appendFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ServiceName } from "@lethe/contracts/services";
import { ofLoad, STAGED } from "@lethe/contracts/staged-batch";
import { enqueueActiveRuns } from "@lethe/service-kit/enqueue";
import { toCsv } from "@lethe/test-kit/csv";
import { openQueueEvents } from "@lethe/test-kit/jobs";
import { land, landRecords } from "@lethe/test-kit/landing";
import { readProcessed } from "@lethe/test-kit/processed";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { openByApi, succeed, untilClosed, untilRun } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { lockPublication } from "@lethe/warehouse/ledger/finish-files";
import { readBatch } from "@lethe/warehouse/ledger/load-batch";
import { inTransaction } from "@lethe/warehouse/pool";
import { afterAll, beforeAll, expect, it } from "vitest";

const IN_LARGE_FILE = 600;
const SMALL_FILES = 16;
const RECORDS = IN_LARGE_FILE + 2 * SMALL_FILES;
/** Some in every batch, so that each load rejects something and looks into everything that is staged. */
const isStranger = (n: number) => n % 8 === 0;
const STRANGERS = Array.from({ length: RECORDS }, (_, n) => n).filter(isStranger).length;

let world: World;

beforeAll(async () => {
  world = await openWorld({ settings: { LETHE_BATCH_BYTES: "3000" } });
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer()]);
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await succeed(world, "customers", "products");
});
afterAll(() => world.close());

async function stopAll(...names: ServiceName[]): Promise<void> {
  for (const service of [...world.running]) if (names.includes(service.name)) await world.stop(service);
}

async function batchesInOrder(runId: string): Promise<string[]> {
  const { rows } = await world.pool.query<{ id: string }>(
    "select id::text from ledger.batches where run_id = $1 order by number",
    [runId],
  );
  return rows.map(({ id }) => id);
}

const DAMAGES: Readonly<Record<string, (path: string) => Promise<void>>> = {
  cut: async (path) => writeFile(path, (await readFile(path)).subarray(0, -3)),
  removed: (path) => rm(path),
  changed: async (path) => {
    const bytes = await readFile(path);
    const middle = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 0x01, middle);
    await writeFile(path, bytes);
  },
};

/** Returns the name of a staged object as all batches have one. */
function withoutAttempt(name: string): string {
  return name.replace(/\.[0-9a-f]{16}$/, "");
}

/** Returns the path of a batch's object by the name that all batches have. */
async function objectOf(runId: string, batchId: string, name: string): Promise<string> {
  const folder = join(world.staging, runId, batchId);
  const object = (await readdir(folder)).find((there) => withoutAttempt(there) === name);
  return join(folder, object ?? name);
}

/** Damages each of these objects in each way, each time in the next of these batches; returns the number of damaged ones. */
async function damage(runId: string, batchIds: readonly string[], names: readonly string[]): Promise<number> {
  let next = 0;
  for (const name of names) {
    for (const harm of Object.values(DAMAGES)) {
      const batchId = batchIds[next];
      if (batchId === undefined) throw new Error("there are more damages than batches");
      await harm(await objectOf(runId, batchId, name));
      next += 1;
    }
  }
  return next;
}

async function untilAllTransformed(runId: string): Promise<void> {
  const events = await openQueueEvents(world, "transform");
  let completed = 0;
  let wake: (() => void) | undefined;
  events.on("completed", () => {
    completed += 1;
    wake?.();
  });
  for (let seen = -1; ; seen = completed) {
    const open = await countOf(
      world.pool,
      `select count(*) as n from ledger.batches where run_id = '${runId}' and state = 'staged'`,
    );
    if (open === 0) break;
    if (seen === completed)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
  await events.close();
}

it("costs a run nothing, whatever of a batch is cut, removed or changed, and between which stages", async () => {
  await stopAll("transformer", "loader");
  const records = Array.from({ length: RECORDS }, (_, n) =>
    transaction(n, isStranger(n) ? { customer_id: "999999" } : {}),
  );
  for (let n = 0; n < SMALL_FILES; n++) {
    const pair = records.slice(2 * n, 2 * n + 2);
    const folder = `date=2022-04-01/hour=${String(n).padStart(2, "0")}`;
    if (n % 2 === 0) await land(world, `${folder}/transactions.csv`, toCsv(pair));
    else await land(world, `${folder}/transactions.json.gz`, JSON.stringify(pair));
  }
  await landRecords(world, "date=2022-04-02/hour=00/transactions.json", records.slice(2 * SMALL_FILES));
  const runId = await openByApi(world, "transactions");
  await untilRun(world, runId, (run) => run.state === "processing");
  const batchIds = await batchesInOrder(runId);
  const lines = [STAGED.records, STAGED.manifest];
  // The first batches are those of the small files.
  const small = await damage(runId, batchIds, [STAGED.records]);
  await damage(runId, batchIds.slice(10), lines);

  await world.start("transformer");
  await untilAllTransformed(runId);
  // Nobody is erased, so the table of erased transactions is empty, and there is nothing to cut.
  const names = (await readdir(join(world.staging, runId, batchIds[20] ?? "")))
    .map(withoutAttempt)
    .filter((name) => name !== STAGED.table("stage_erased_transactions"));
  expect(names).toHaveLength(9);
  const transformed = await damage(runId, batchIds.slice(small), names);
  expect(transformed).toBe(27);

  await world.start("loader");
  expect(await untilClosed(world, runId)).toMatchObject({
    // More than a tenth of its records are rejected.
    state: "succeeded_with_warnings",
    failures: [],
    batches: { total: batchIds.length, done: batchIds.length },
    records: { in: RECORDS, loaded: RECORDS - STRANGERS, rejectedByReason: { unknown_customer: STRANGERS } },
  });
  expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(RECORDS - STRANGERS);
  const published = [...(await readProcessed(world, "transactions")).values()].flat();
  expect(published.map((record) => record.transaction_id).sort()).toEqual(
    records.filter((_, n) => !isStranger(n)).map((record) => record.transaction_id),
  );
  // Rejects of the transformer there are none, and nobody reads what is empty.
  const noticed = await countOf(world.pool, "select count(*) as n from ledger.batches where damages > 0");
  expect(noticed).toBeGreaterThanOrEqual(small + transformed - 3);
}, 240_000);

it("costs a replay nothing: its lines come from quarantine once more", async () => {
  await stopAll("transformer");
  const { out } = await world.lethe("quarantine", "replay", "--reason", "unknown_customer", "--json");
  const { rows } = await world.pool.query<{ id: string }>(
    "select id::text from ledger.runs where kind = 'replay' and trigger = 'cli'",
  );
  const runId = rows[0]?.id ?? out;
  await untilRun(world, runId, (run) => run.state === "processing");
  const [batchId = ""] = await batchesInOrder(runId);
  await rm(await objectOf(runId, batchId, STAGED.records));
  await rm(join(world.staging, runId, batchId, STAGED.manifest));
  await world.start("transformer");
  expect(await untilClosed(world, runId)).toMatchObject({
    state: "succeeded",
    records: { in: STRANGERS, loaded: 0, rejectedByReason: { unknown_customer: STRANGERS } },
  });
});

it.each([
  ["has changed", (path: string) => appendFile(path, "\n")],
  ["is gone", (path: string) => rm(path)],
])("costs a batch its load when its raw file %s as well, and the others go on", async (_what, spoil) => {
  await stopAll("transformer");
  const first = await countOf(world.pool, "select count(*) as n from warehouse.transactions");
  const records = Array.from({ length: 60 }, (_, n) => transaction(10_000 + first + n));
  const path = "date=2022-04-03/hour=00/transactions.json";
  await landRecords(world, path, records);
  const runId = await openByApi(world, "transactions");
  await untilRun(world, runId, (run) => run.state === "processing");
  const [, batchId = ""] = await batchesInOrder(runId);
  await rm(await objectOf(runId, batchId, STAGED.records));
  await spoil(join(world.data, "claimed", runId, path));
  await world.start("transformer");
  const run = await untilClosed(world, runId);
  expect(run).toMatchObject({
    state: "failed",
    batches: { failed: 1, done: run.batches.total - 1 },
    failures: [{ batchId, code: "staged_object_damaged" }],
  });
  expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(
    first + run.records.loaded,
  );
  expect(run.records.loaded).toBeGreaterThan(40);
});

it("costs a run nothing when what it has loaded is lost before it is published", async () => {
  await stopAll("transformer", "loader");
  await world.start("transformer");
  const loader = await world.start(
    "loader",
    { CRASH_STEP: "finish begins", CRASH_TIME: "1" },
    "tests/programs/crashing-loader.mjs",
  );
  const first = 20_000;
  const records = Array.from({ length: 80 }, (_, n) =>
    transaction(first + n, n % 10 === 3 ? { customer_id: "999999" } : {}),
  );
  const path = "date=2022-04-05/hour=00/transactions.json";
  await landRecords(world, path, [...records, records[0]]);
  // Otherwise its load would publish the partition, which is complete with it.
  const runId = await inTransaction(world.pool, async (client) => {
    await lockPublication(client, "transactions");
    const opened = await openByApi(world, "transactions");
    await loader.ended;
    return opened;
  });
  await world.kill(loader);
  const [one = "", two = ""] = await batchesInOrder(runId);
  const outputOf = async (id: string) => ofLoad((await readBatch(world.pool, id)).output);
  await rm(join(world.staging, runId, one, await outputOf(one)));
  await DAMAGES.changed?.(join(world.staging, runId, two, await outputOf(two)));
  // A job at work is given to another worker only when its lock has run out; the ledger knows at once.
  await world.flush();
  await world.start("loader");
  await enqueueActiveRuns(world.queues, await readActiveRuns(world.pool));

  expect(await untilClosed(world, runId)).toMatchObject({
    state: "succeeded",
    files: { taken: 1, done: 1 },
    records: { in: 81, loaded: 72, rejectedByReason: { duplicate: 1, unknown_customer: 8 } },
  });
  const published = (await readProcessed(world, "transactions")).get("date=2022-04-05/hour=00") ?? [];
  expect(published.map((record) => record.transaction_id).sort()).toEqual(
    records.filter((_, n) => n % 10 !== 3).map((record) => record.transaction_id),
  );
  expect(
    await countOf(world.pool, "select count(*) as n from ledger.batches where damages > 0 and run_id = $1", [runId]),
  ).toBe(2);
});
