import { toCsv } from "@lethe/test-kit/csv";
import { brokenLine, notUtf8, tornGzip } from "@lethe/test-kit/damage";
import { findPeople } from "@lethe/test-kit/everything";
import { pathsBelow } from "@lethe/test-kit/folders";
import { land, landAsIs, landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, type MarkedPerson, markedPeople } from "@lethe/test-kit/marked-people";
import { expectSalesOnce } from "@lethe/test-kit/processed";
import { product } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const [gone, stays] = markedPeople(2) as [MarkedPerson, MarkedPerson];
const recognise = createRecogniser([gone, stays]);
const BOTH = [gone, stays];

let world: World;
let pseudonym: string;
let originals: readonly (readonly [path: string, bytes: Buffer])[];

beforeAll(async () => {
  world = await openWorld({ settings: { LETHE_ERASURE_OUTCOME: "pseudonymise" } });
  const text = (records: readonly unknown[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");
  originals = [
    ["date=2022-03-01/hour=00/customers.json", Buffer.from(text(BOTH.map((person) => person.customer())))],
    ["date=2022-03-01/hour=01/customers.json.gz", tornGzip(text(BOTH.map((person) => person.customer())))],
    [
      "date=2022-03-01/hour=02/transactions.csv",
      Buffer.from(toCsv(BOTH.flatMap((person) => [person.transaction(1), person.transaction(2, UNKNOWN_SKU)]))),
    ],
    [
      "date=2022-03-01/hour=03/transactions.json",
      Buffer.from(BOTH.map((p) => brokenLine(p.transaction(3))).join("\n")),
    ],
  ];
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  for (const [path, bytes] of originals) await landAsIs(world, path, bytes);
  await succeed(world, "customers", "products", "transactions");
  await landRecords(world, "date=2022-03-02/hour=00/erasure-requests.json", [gone.request]);
  await succeed(world, "erasure-requests");
  await settle(world);
  const { rows } = await world.pool.query<{ pseudonym: string }>("select pseudonym from warehouse.erasure_requests");
  pseudonym = rows[0]?.pseudonym ?? "";
  expect(await traces()).toEqual([]);
});
afterAll(() => world.close());

const UNKNOWN_SKU = {
  purchases: { products: [{ sku: 22222, quantity: 2, price: "1.50", total: "3.00" }], total_cost: "3.00" },
};

describe("somebody who was erased", () => {
  it("does not come back with the same files", async () => {
    for (const [path, bytes] of originals) await landAsIs(world, path, bytes);
    const runs = await succeed(world, "customers", "transactions");
    expect(runs.map(({ files, records }) => [files.alreadyLoaded, records.in])).toEqual([
      [2, 0],
      [2, 0],
    ]);
    expect(await pathsBelow(world.landing)).toEqual([]);
    expect(await traces()).toEqual([]);
  });

  it("does not come back with the same files under a new hash", async () => {
    for (const [path, bytes] of originals) {
      await landAsIs(
        world,
        path,
        path.endsWith(".gz") ? bytes.subarray(0, -1) : Buffer.concat([bytes, Buffer.from("\n")]),
      );
    }
    await succeed(world, "customers", "transactions");
    expect(await traces()).toEqual([]);
  });

  it("does not come back with a file that is taken by force", async () => {
    for (const [path, bytes] of originals) await landAsIs(world, path, bytes);
    const { code, err } = await world.lethe("run", "customers", "transactions", "--force", "--follow");
    expect(code, err).toBe(0);
    expect(await traces()).toEqual([]);
  });

  it.each([
    ["json", (records: readonly unknown[]) => records.map((record) => JSON.stringify(record)).join("\n")],
    ["json.gz", (records: readonly unknown[]) => JSON.stringify(records)],
    ["ndjson", (records: readonly unknown[]) => records.map((record) => JSON.stringify(record)).join("\n")],
    ["ndjson.gz", (records: readonly unknown[]) => records.map((record) => JSON.stringify(record)).join("\n")],
    ["csv", toCsv],
    ["csv.gz", toCsv],
  ])("does not come back with a later file in %s, and is sold to under the pseudonym", async (format, write) => {
    sale += 10;
    const day = `2022-04-${10 + sale / 10}`;
    const hour = `date=${day}/hour=00`;
    const sold = await salesOf(pseudonym);
    await land(world, `${hour}/customers.${format}`, write(BOTH.map((p) => p.customer({ last_change: day }))));
    await land(
      world,
      `${hour}/transactions.${format}`,
      write(BOTH.flatMap((p) => [p.transaction(sale), p.transaction(sale + 1)])),
    );
    const [customers, transactions] = await succeed(world, "customers", "transactions");
    expect(customers?.records).toMatchObject({ in: 2, loaded: 2 });
    expect(transactions?.records).toMatchObject({ in: 4, loaded: 4 });
    expect(await salesOf(pseudonym)).toBe(sold + 2);
    expect(await traces()).toEqual([]);
  });

  it("does not come back with what cannot be read", async () => {
    await land(
      world,
      "date=2022-04-02/hour=00/customers.json",
      Buffer.concat([
        Buffer.from(`${brokenLine(gone.customer())}\n${brokenLine(stays.customer())}\n`),
        Buffer.from(`{"first_name": "${gone.customer().first_name}", "email": "${gone.email}"\n`),
        notUtf8(gone.customer()),
        Buffer.from(`\n${JSON.stringify(Object.values(gone.customer()))}\n`),
      ]),
    );
    for (const [hour, text] of [JSON.stringify(BOTH.map((p) => p.customer())), toCsv([gone.customer()])].entries()) {
      const name = hour === 0 ? "customers.json.gz" : "customers.csv.gz";
      await landAsIs(world, `date=2022-04-03/hour=0${hour}/${name}`, tornGzip(text));
    }
    await landAsIs(
      world,
      "date=2022-04-03/hour=02/transactions.json.gz",
      tornGzip(BOTH.map((person) => JSON.stringify(person.transaction(90))).join("\n")),
    );
    const [customers] = await succeed(world, "customers", "transactions");
    expect(customers).toMatchObject({ files: { quarantined: 2 }, records: { in: 5, loaded: 0 } });
    expect(await traces()).toEqual([]);
  });

  it("does not come back with a replay of what waited for a product, which counts as sold", async () => {
    const sold = await salesOf(pseudonym);
    const soldToOther = await salesOf(stays.id);
    await landRecords(world, "date=2022-04-04/hour=00/products.json", [product({ sku: 22222, price: "1.50" })]);
    await succeed(world, "products");
    await settle(world);
    expect(await salesOf(pseudonym)).toBe(sold + 1);
    expect(await salesOf(stays.id)).toBe(soldToOther + 1);
    expect(await traces()).toEqual([]);
  });
});

it("leaves each sale in processed_data once, and as in the warehouse", async () => {
  await expectSalesOnce(world);
  expect(await findPeople(world, recognise, (n) => n === stays.n)).not.toEqual([]);
});

let sale = 0;

function traces(): Promise<string[]> {
  return findPeople(world, recognise, (n) => n === gone.n);
}

function salesOf(customerId: string): Promise<number> {
  return countOf(world.pool, "select count(*) as n from warehouse.transactions where customer_id = $1", [customerId]);
}
