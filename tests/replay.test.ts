import { landRecords } from "@lethe/test-kit/landing";
import { withoutNumbers } from "@lethe/test-kit/numbered";
import { readProcessed } from "@lethe/test-kit/processed";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

async function fileCounts(path: string) {
  const { rows } = await world.pool.query<{ path: string; in: number; loaded: number; rejected: number }>(
    "select path, records_in as in, records_loaded as loaded, records_rejected as rejected from ledger.files",
  );
  const file = rows.find((row) => withoutNumbers(row.path) === path);
  return file === undefined ? undefined : { in: file.in, loaded: file.loaded, rejected: file.rejected };
}

async function quarantined(dataset = "transactions") {
  const { rows } = await world.pool.query<{ status: string; reason: string; n: number }>(
    `select status, reason, count(*) as n from ledger.quarantine where dataset = $1 group by 1, 2 order by 1, 2`,
    [dataset],
  );
  return Object.fromEntries(rows.map(({ status, reason, n }) => [`${status} ${reason}`, n]));
}

describe("transactions that come before their customers and products", () => {
  const SALES = "date=2022-03-01/hour=08/transactions.json";
  const first = [1, 2, 3, 4].map((n) => transaction(n, { customer_id: `00000${n}` }));
  const stranger = transaction(5, { customer_id: "999999" });

  it("wait in quarantine", async () => {
    await landRecords(world, SALES, [...first, stranger]);
    const [run] = await succeed(world, "transactions");
    expect(run?.records).toMatchObject({ in: 5, loaded: 0, rejectedByReason: { unknown_customer: 5 } });
    expect(await fileCounts(SALES)).toEqual({ in: 5, loaded: 0, rejected: 5 });
    expect(await readProcessed(world, "transactions")).toEqual(new Map());
  });

  it("are tried again by themselves when the customers come, and then wait for the products", async () => {
    await landRecords(
      world,
      "date=2022-03-01/hour=09/customers.json",
      [1, 2, 3, 4].map((n) => customer({ id: `00000${n}` })),
    );
    await succeed(world, "customers");
    const replays = await settle(world);
    expect(replays.map(({ job, kind, trigger, state }) => ({ job, kind, trigger, state }))).toEqual([
      { job: "transactions", kind: "replay", trigger: "automatic", state: "succeeded" },
    ]);
    expect(replays[0]?.records).toMatchObject({ in: 4, loaded: 0, rejectedByReason: { unknown_sku: 4 } });
    expect(await quarantined()).toEqual({ "open unknown_customer": 1, "open unknown_sku": 4 });
    expect(await fileCounts(SALES)).toEqual({ in: 5, loaded: 0, rejected: 5 });
  });

  it("load by themselves when the products come", async () => {
    await landRecords(world, "date=2022-03-02/hour=00/products.json", [product({ sku: 11111 })]);
    await succeed(world, "products");
    const replays = await settle(world);
    expect(replays[0]?.records).toMatchObject({ in: 4, loaded: 4, rejected: 0 });
    expect(await quarantined()).toEqual({ "open unknown_customer": 1, "replayed unknown_sku": 4 });
    expect(await fileCounts(SALES)).toEqual({ in: 5, loaded: 4, rejected: 1 });
    expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(4);
  });

  it("stand in processed_data once, in the partition that they came in", async () => {
    const processed = await readProcessed(world, "transactions");
    expect([...processed.keys()]).toEqual(["date=2022-03-01/hour=08"]);
    const ids = [...processed.values()].flat().map((record) => record.transaction_id);
    expect(ids.sort()).toEqual(first.map((record) => record.transaction_id).sort());
  });

  it("are not tried again when nothing that they wait for has come", async () => {
    await landRecords(world, "date=2022-03-02/hour=01/customers.json", [customer({ id: "000123" })]);
    await succeed(world, "customers");
    expect(await settle(world)).toEqual([]);
  });
});

describe("lethe quarantine replay", () => {
  afterEach(() => settle(world));

  it("tries what the filter means, keeps what still does not fit, and counts it once", async () => {
    const before = await quarantined();
    const { code, out, err } = await world.lethe(
      ...["quarantine", "replay", "--dataset", "transactions", "--reason", "unknown_customer", "--follow", "--json"],
    );
    expect(code, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      job: "transactions",
      kind: "replay",
      records: { in: 1, loaded: 0, rejectedByReason: { unknown_customer: 1 } },
    });
    expect(await quarantined()).toEqual(before);
  });

  it("takes only what its reason names", async () => {
    const { code, out } = await world.lethe("quarantine", "replay", "--reason", "schema", "--follow", "--json");
    expect({ code, out }).toEqual({ code: 0, out: "" });
  });

  it("gives no reason to be tried again to a record that can never fit", async () => {
    await landRecords(world, "date=2022-03-03/hour=00/customers.json", [customer({ id: "000777", first_name: null })]);
    const [run] = await succeed(world, "customers");
    expect(run?.records.rejectedByReason).toEqual({ schema: 1 });
    const replayed = await world.lethe(...["quarantine", "replay", "--run", run?.id ?? "", "--follow", "--json"]);
    expect(JSON.parse(replayed.out).records).toMatchObject({ in: 1, loaded: 0, rejectedByReason: { schema: 1 } });
    expect(await quarantined("customers")).toEqual({ "open schema": 1 });
  });
});
