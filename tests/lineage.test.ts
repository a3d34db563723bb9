import type { LineTrace, RecordTrace } from "@lethe/contracts/lineage";
import { land, landRecords } from "@lethe/test-kit/landing";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { runByApi, settle, succeed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const HOUR = "date=2022-03-01/hour=08";
const NEXT = "date=2022-03-01/hour=09";
const JANE = customer({ id: "000001" });
const OTTO = customer({ id: "000002", first_name: "Otto" });
const LATE = customer({ id: "000003", first_name: "Late" });
const MOVED = { ...OTTO, city: "Cork", last_change: "2022-02-01" };
const sale = (n: number, customer_id: string) => transaction(n, { customer_id });
const idOf = (n: number) => transaction(n).transaction_id;

let world: World;
beforeAll(async () => {
  world = await openWorld();
  // The second of two equal records is a duplicate, so that the row is the first one's.
  await landRecords(world, `${HOUR}/customers.json.gz`, [OTTO, JANE, JANE, MOVED]);
  await land(
    world,
    `${HOUR}/products.csv`,
    "sku,name,price,category,popularity\n22222,Tea,1.50,food,0.5\n11111,Soap,2.50,health,0.5\n",
  );
  await land(
    world,
    `${HOUR}/transactions.json`,
    JSON.stringify([sale(1, "000001"), sale(2, "000003"), sale(3, "000002"), { ...sale(4, "000002"), customer_id: 4 }]),
  );
  await succeed(world, "customers", "products", "transactions");
  await landRecords(world, `${NEXT}/products.json`, [product({ price: "3.00" })]);
  await succeed(world, "products");
});
afterAll(() => world.close());

async function trace(dataset: string, key: string | number): Promise<RecordTrace> {
  const { status, body } = await world.api("POST", "/lineage", { dataset, key: String(key) });
  expect(status, JSON.stringify(body)).toBe(200);
  return body as RecordTrace;
}

async function traceLine(fileId: number, line: number): Promise<LineTrace> {
  const { status, body } = await world.api("GET", `/lineage?fileId=${fileId}&line=${line}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body as LineTrace;
}

async function fileOf(dataset: string, hour = 8): Promise<number> {
  const { rows } = await world.pool.query<{ id: number }>(
    "select id from ledger.files where dataset = $1 and partition_hour = $2 order by id limit 1",
    [dataset, hour],
  );
  return rows[0]?.id ?? 0;
}

describe("a row leads back to its file and line", () => {
  it("of each version of a customer, also where one file brought them all", async () => {
    const { rows } = await trace("customers", "000002");
    expect(rows.map(({ table, isCurrent, line }) => [table, isCurrent, line])).toEqual([
      ["warehouse.customers", true, 4],
      ["warehouse.customers_history", false, 1],
    ]);
    const fileId = await fileOf("customers");
    expect(rows[0]?.delivery).toMatchObject({
      fileId,
      partition: "2022-03-01T08:00:00Z",
      keptAs: `archived_data/${HOUR}/customers.${fileId}.json.gz`,
      state: "done",
    });
    expect(rows[0]?.batches).toMatchObject([{ kind: "files", state: "loaded", runId: rows[0]?.delivery?.runId }]);
    expect((await trace("customers", "000001")).rows.map(({ line }) => line)).toEqual([2]);
  });

  it("of a product, whose older version came in CSV and is counted as spreadsheets count", async () => {
    const { rows } = await trace("products", 11111);
    expect(rows.map(({ isCurrent, line, delivery }) => [isCurrent, line, delivery?.partition])).toEqual([
      [true, 1, "2022-03-01T09:00:00Z"],
      [false, 3, "2022-03-01T08:00:00Z"],
    ]);
  });

  it("of a transaction with its address and purchases, by its id in an address, in any case", async () => {
    const { body } = await world.api("GET", `/lineage/transactions/${idOf(3).toUpperCase()}`);
    expect((body as RecordTrace).rows).toMatchObject([
      {
        table: "warehouse.transactions",
        line: 3,
        withRows: [
          { table: "warehouse.delivery_addresses", rows: 1 },
          { table: "warehouse.purchases", rows: 1 },
        ],
      },
    ]);
  });

  it("of a processed record", async () => {
    const { out } = await world.lethe("trace", "line", `processed_data/${HOUR}/transactions.json.gz`, "2", "--json");
    expect((JSON.parse(out) as RecordTrace).rows).toMatchObject([{ line: 3 }]);
  });

  it("unless there is none", async () => {
    expect(await trace("transactions", idOf(99))).toEqual({ dataset: "transactions", found: "nothing", rows: [] });
    expect((await world.api("POST", "/lineage", { dataset: "transactions", key: "no id" })).status).toBe(200);
    expect((await world.api("POST", "/lineage", { dataset: "erasure-requests", key: "1" })).status).toBe(400);
  });
});

describe("a line leads to what it became", () => {
  it("a row, or an entry in quarantine", async () => {
    const fileId = await fileOf("transactions");
    expect(await traceLine(fileId, 1)).toMatchObject({
      outcome: "loaded",
      rows: [{ table: "warehouse.transactions", key: idOf(1), isCurrent: true }],
      quarantine: [],
    });
    expect(await traceLine(fileId, 2)).toMatchObject({
      outcome: "quarantined",
      rows: [],
      quarantine: [{ reason: "unknown_customer", status: "open" }],
    });
    expect(await traceLine(fileId, 4)).toMatchObject({ quarantine: [{ reason: "schema", pointer: "/customer_id" }] });
    expect(await traceLine(fileId, 5)).toMatchObject({ outcome: "not_there", batches: [] });
    expect((await world.api("GET", "/lineage?fileId=999999&line=1")).status).toBe(404);
  });

  it("with a version's row alone, and a person's key only for whoever may see it", async () => {
    const fileId = await fileOf("customers");
    expect((await traceLine(fileId, 1)).rows).toEqual([
      { table: "warehouse.customers_history", isCurrent: false, key: null },
    ]);
    expect(await traceLine(fileId, 3)).toMatchObject({ outcome: "quarantined", quarantine: [{ reason: "duplicate" }] });
    const { body } = await world.api("POST", "/lineage/line", { fileId, line: 4 });
    expect((body as LineTrace).rows).toEqual([{ table: "warehouse.customers", isCurrent: true, key: "000002" }]);
  });
});

it("leads from a replayed row to its line in the original file, and back", async () => {
  await landRecords(world, `${NEXT}/customers.json`, [LATE]);
  await succeed(world, "customers");
  await settle(world);
  const { rows } = await trace("transactions", idOf(2));
  const fileId = await fileOf("transactions");
  expect(rows).toMatchObject([{ line: 2, delivery: { fileId }, batches: [{ kind: "files" }, { kind: "replay" }] }]);
  expect(await traceLine(fileId, 2)).toMatchObject({
    outcome: "loaded",
    rows: [{ key: idOf(2) }],
    quarantine: [{ reason: "unknown_customer", status: "replayed" }],
  });
});

it("leads from a record that was edited in quarantine to its line, also where it got another id there, and back", async () => {
  const unreadable = { ...sale(6, "000002"), transaction_id: "no id" };
  await landRecords(world, `${NEXT}/transactions.json`, [sale(5, "000002"), unreadable]);
  await runByApi(world, "transactions");
  const files = [await fileOf("transactions"), await fileOf("transactions", 9)] as const;
  const edits = [
    { fileId: files[0], line: 4, id: idOf(4), changes: { customer_id: "000002" } },
    { fileId: files[1], line: 2, id: idOf(60), changes: { transaction_id: idOf(60) } },
  ];
  for (const { fileId, line, id, changes } of edits) {
    const [entry] = (await traceLine(fileId, line)).quarantine;
    expect((await world.api("POST", `/quarantine/${entry?.id}/correct`, { changes })).status).toBe(202);
    await settle(world);
    expect((await trace("transactions", id)).rows).toMatchObject([
      { line, delivery: { fileId }, batches: [{ kind: "files" }, { kind: "replay" }] },
    ]);
    expect(await traceLine(fileId, line)).toMatchObject({
      outcome: "loaded",
      rows: [{ key: id }],
      quarantine: [{ status: "superseded" }, { status: "replayed" }],
    });
  }
});

/** Empties the warehouse, and loads it again from the archive. */
async function restoreFromArchive(): Promise<void> {
  await world.pool.query(
    `truncate warehouse.customers, warehouse.customers_history, warehouse.products, warehouse.products_history, warehouse.transactions,
              warehouse.delivery_addresses, warehouse.purchases cascade`,
  );
  const { code, err } = await world.lethe("backfill", "all", "--follow");
  expect(code, err).toBe(0);
  await settle(world);
}

/** Expects that each row leads to its line, and its line to it. */
async function expectLines(
  rows: readonly (readonly [dataset: string, key: string, fileId: number, line: number])[],
): Promise<void> {
  for (const [dataset, key, fileId, line] of rows) {
    expect((await trace(dataset, key)).rows, `${dataset} ${key}`).toMatchObject([{ line, delivery: { fileId } }]);
    const back = await traceLine(fileId, line);
    expect(back.outcome, `${dataset} ${key}`).toBe("loaded");
    expect(back.rows.filter(({ table }) => table === `warehouse.${dataset}`)).toHaveLength(1);
  }
}

it("leads from rows that a backfill has loaded again to the lines that they came on first, and names the backfill", async () => {
  const [first, second] = [await fileOf("transactions"), await fileOf("transactions", 9)];
  const expected = [
    ["transactions", idOf(1), first, 1],
    ["transactions", idOf(2), first, 2],
    ["transactions", idOf(3), first, 3],
    ["transactions", idOf(4), first, 4],
    ["transactions", idOf(5), second, 1],
    ["transactions", idOf(60), second, 2],
    ["customers", "000001", await fileOf("customers"), 2],
    ["customers", "000003", await fileOf("customers", 9), 1],
  ] as const;
  await expectLines(expected);
  const { code } = await world.lethe("backfill", "all", "--follow");
  expect(code).toBe(0);
  await expectLines(expected);
  await restoreFromArchive();
  await expectLines(expected);
  const kinds = (await trace("transactions", idOf(3))).rows.map(({ batches }) => batches.map(({ kind }) => kind));
  expect(kinds).toEqual([["files", "backfill", "backfill"]]);
  expect((await trace("customers", "000002")).rows.map(({ isCurrent, line }) => [isCurrent, line])).toEqual([
    [true, 4],
    [false, 1],
  ]);
});

it("keeps a person's id out of addresses and arguments, and records who looked", async () => {
  expect(await world.api("GET", "/lineage/customers/000001")).toMatchObject({ status: 400 });
  const { code, err } = await world.lethe("trace", "record", "customers", "000001");
  expect(code).toBe(2);
  expect(err).not.toContain("000001");
  const looks = async () =>
    (await world.pool.query<{ n: number }>("select count(*) as n from privacy.acts where act = 'traced'")).rows[0]?.n ??
    0;
  const before = await looks();
  await trace("customers", "000001");
  expect(await looks()).toBe(before + 1);
  expect(await world.logs()).not.toContain("000001");
});

describe("after an erasure", () => {
  beforeAll(async () => {
    await landRecords(world, `${NEXT}/erasure-requests.json`, [{ "customer-id": "000001", email: JANE.email }]);
    await succeed(world, "erasure-requests");
    await settle(world);
  });

  it("says that the record's person was erased, and shows nothing of them", async () => {
    for (const [dataset, key] of [
      ["customers", "000001"],
      ["transactions", idOf(1)],
    ] as const) {
      expect(await trace(dataset, key)).toEqual({ dataset, found: "erased", rows: [] });
    }
    const { rows } = await world.pool.query<{ id: string }>(
      "select transaction_id as id from warehouse.transactions where customer_id = 'erased'",
    );
    expect((await trace("transactions", rows[0]?.id ?? "")).rows).toMatchObject([
      { delivery: null, line: null, noLine: "unlinked", batches: [] },
    ]);
  });

  it("leads from the person's lines to nothing, and from all others as before", async () => {
    const customers = await fileOf("customers");
    const sales = await fileOf("transactions");
    expect(await traceLine(customers, 2)).toMatchObject({ outcome: "no_trace", rows: [], quarantine: [] });
    expect(await traceLine(sales, 1)).toMatchObject({ outcome: "no_trace", rows: [] });
    expect(JSON.stringify(await traceLine(customers, 3))).not.toMatch(/000001|aoife/i);
    expect((await trace("customers", "000002")).rows.map(({ line }) => line)).toEqual([4, 1]);
    expect((await trace("transactions", idOf(3))).rows).toMatchObject([{ line: 3 }]);
    expect((await trace("transactions", idOf(2))).rows).toMatchObject([{ line: 2 }]);
  });

  it("does so, too, once a backfill has loaded what is left of the archive", async () => {
    await restoreFromArchive();
    const sales = await fileOf("transactions");
    await expectLines([
      ["transactions", idOf(2), sales, 2],
      ["transactions", idOf(3), sales, 3],
      ["transactions", idOf(4), sales, 4],
      ["customers", "000003", await fileOf("customers", 9), 1],
    ]);
    for (const [dataset, key] of [
      ["customers", "000001"],
      ["transactions", idOf(1)],
    ] as const) {
      expect(await trace(dataset, key)).toEqual({ dataset, found: "erased", rows: [] });
    }
    expect(await traceLine(await fileOf("customers"), 2)).toMatchObject({ outcome: "no_trace", rows: [] });
    expect(await traceLine(sales, 1)).toMatchObject({ outcome: "no_trace", rows: [] });
  });
});
