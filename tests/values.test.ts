import { land, landRecords } from "@lethe/test-kit/landing";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { runByApi, settle, succeed } from "@lethe/test-kit/runs";
import { readRows } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

async function rowOf(table: "customers" | "products", key: unknown): Promise<Record<string, unknown> | undefined> {
  return (await readRows(world.pool, table)).find((row) => row.id === key || row.sku === key);
}

it("makes a price and a city current again when they return, by the same bytes in another partition", async () => {
  const prices = ["10.00", "12.00", "10.00", "10.00"];
  const cities = ["Bath", "York", "Bath", "Bath"];
  for (const [i, price] of prices.entries()) {
    const hour = `date=2021-02-0${i + 1}/hour=00`;
    await landRecords(world, `${hour}/products.json`, [product({ sku: 101, price })]);
    const people = [null, "2020-01-01"].map((last_change, n) =>
      customer({ id: `10000${n}`, city: cities[i], last_change }),
    );
    await landRecords(world, `${hour}/customers.json`, people);
    const [products, customers] = await succeed(world, "products", "customers");
    expect(products?.records).toMatchObject({ in: 1, loaded: i === 3 ? 0 : 1 });
    expect(customers?.records).toMatchObject({ in: 2, loaded: i === 3 ? 0 : 2 });
  }
  expect(await rowOf("products", 101)).toMatchObject({ price: "10.00" });
  for (const id of ["100000", "100001"]) expect(await rowOf("customers", id)).toMatchObject({ city: "Bath" });
  // What stands in quarantine as a duplicate is one still, and the same delivery loads nothing.
  const replay = await world.api("POST", "/quarantine/replay", { dataset: "products", reason: "duplicate" });
  expect(replay.status, JSON.stringify(replay.body)).toBe(202);
  await settle(world);
  await landRecords(world, "date=2021-02-02/hour=00/products.json", [product({ sku: 101, price: "12.00" })]);
  const [again] = await succeed(world, "products");
  expect(again?.records.loaded).toBe(0);
  expect(await rowOf("products", 101)).toMatchObject({ price: "10.00" });
  const history = (await readRows(world.pool, "products_history")).filter(({ sku }) => sku === 101);
  expect(history.map(({ price, valid_from, valid_to }) => [price, valid_from, valid_to])).toEqual([
    ["10.00", "2021-02-01T00:00:00+00:00", "2021-02-02T00:00:00+00:00"],
    ["12.00", "2021-02-02T00:00:00+00:00", "2021-02-03T00:00:00+00:00"],
  ]);
});

it("takes three versions of one file in the order of its lines", async () => {
  const lines = ["10.00", "12.00", "10.00"].map((price) => product({ sku: 102, price }));
  await landRecords(world, "date=2021-03-01/hour=00/products.json", lines);
  const [run] = await succeed(world, "products");
  expect(run?.records).toMatchObject({ in: 3, loaded: 3 });
  expect(await rowOf("products", 102)).toMatchObject({ price: "10.00" });
});

it("does not let a date in the future freeze a customer or a product, and warns of it", async () => {
  const person = (city: string, last_change: string) => customer({ id: "800002", city, last_change });
  await landRecords(world, "date=2023-01-01/hour=00/customers.json", [person("Bath", "9999-12-31")]);
  await landRecords(world, "date=2099-01-01/hour=00/products.json", [product({ sku: 7001, price: "1.00" })]);
  const [early, future] = await succeed(world, "customers", "products");
  expect(early?.notices).toEqual([
    expect.objectContaining({
      code: "change_implausible",
      path: expect.stringContaining("date=2023-01-01/hour=00/customers"),
    }),
  ]);
  expect(future?.notices).toEqual([
    expect.objectContaining({
      code: "partition_in_future",
      path: expect.stringContaining("date=2099-01-01/hour=00/products"),
    }),
  ]);
  expect(await rowOf("customers", "800002")).toMatchObject({ city: "Bath", last_change: "9999-12-31" });
  expect(await rowOf("products", 7001)).toMatchObject({ price: "1.00" });
  await landRecords(world, "date=2023-01-02/hour=00/customers.json", [person("York", "2023-01-02")]);
  await landRecords(world, "date=2024-11-27/hour=00/products.json", [product({ sku: 7001, price: "2.00" })]);
  const [later] = await succeed(world, "customers", "products");
  expect(later?.notices).toEqual([]);
  expect(await rowOf("customers", "800002")).toMatchObject({ city: "York" });
  expect(await rowOf("products", 7001)).toMatchObject({ price: "2.00" });
  const history = await readRows(world.pool, "customers_history");
  expect(history.find(({ id }) => id === "800002")).toMatchObject({
    city: "Bath",
    valid_from: "2023-01-01T00:00:00+00:00",
    valid_to: "2023-01-02T00:00:00+00:00",
  });
});

it("reads instants, days, countries and what nobody sees, and takes refunds by a setting", async () => {
  const people = [
    customer({ id: "000001" }),
    customer({
      id: "\u200b410000",
      email: "c41\u200d0000@example.org",
      first_name: "A\u00adda",
      date_of_birth: "1980-034",
      last_change: "2020-01-01T23:00:00-05:00",
      phone_number: "020 7946 0018",
      country: "GBR",
    }),
  ];
  const hour = "date=2021-04-01/hour=00";
  await landRecords(world, `${hour}/customers.json`, people);
  await landRecords(world, `${hour}/products.json`, [
    product({ sku: 11_111 }),
    product({ sku: 9_007_199_254_740_992 }),
  ]);
  const times = [
    "2020-06-01T10:00:00.123456789Z",
    "2020-06-01 10:00:00+00",
    "2020-06-01T10:00:00+02",
    "2016-12-31T23:59:60Z",
    "20200601T100000Z",
    "2020-W23-1T10:00Z",
    "Mon Jun 01 10:00:00 2020 UTC",
    "infinity",
  ];
  const sales: unknown[] = times.map((transaction_time, n) => transaction(n + 1, { transaction_time }));
  const back = { sku: 11_111, quanitity: -2, price: "2.50", total: "-5.00" };
  sales.push(transaction(20, { purchases: { products: [back], total_cost: "-5.00" } }));
  await landRecords(world, "date=2021-04-01/hour=01/transactions.json", sales);
  const [customers, products, transactions] = await succeed(world, "customers", "products", "transactions");
  expect(customers?.records).toMatchObject({ in: 2, loaded: 2 });
  expect(await rowOf("customers", "410000")).toMatchObject({
    first_name: "Ada",
    email: "c410000@example.org",
    date_of_birth: "1980-02-03",
    last_change: "2020-01-01",
    country: "GBR",
    country_code: "GB",
    phone_e164: "+442079460018",
  });
  expect(products?.records).toMatchObject({ loaded: 1, rejectedByReason: { schema: 1 } });
  expect(transactions?.records).toMatchObject({ in: 9, loaded: 7, rejectedByReason: { schema: 1, refund: 1 } });
  expect(transactions?.notices).toEqual([
    expect.objectContaining({ code: "time_cut", message: expect.stringContaining("1 record, the first in line 1.") }),
  ]);
  const loaded = await readRows(world.pool, "transactions");
  expect(loaded.map((row) => row.transaction_time)).toEqual([
    "2020-06-01T10:00:00.123456+00:00",
    "2020-06-01T10:00:00+00:00",
    "2020-06-01T08:00:00+00:00",
    "2017-01-01T00:00:00+00:00",
    "2020-06-01T10:00:00+00:00",
    "2020-06-01T10:00:00+00:00",
    "2020-06-01T10:00:00+00:00",
  ]);

  for (const service of world.running) if (service.name === "transformer") await world.stop(service);
  await world.start("transformer", { LETHE_REFUNDS: "accept" });
  const replay = await world.api("POST", "/quarantine/replay", { dataset: "transactions", reason: "refund" });
  expect(replay.status, JSON.stringify(replay.body)).toBe(202);
  await settle(world);
  await landRecords(world, "date=2021-04-01/hour=02/transactions.json", [
    transaction(21, { purchases: { products: [{ ...back, quanitity: -1, total: "-2.50" }], total_cost: "-2.50" } }),
  ]);
  const run = await runByApi(world, "transactions");
  expect(run.records).toMatchObject({ in: 1, loaded: 1 });
  const { rows } = await world.pool.query(
    "select sum(total_cost)::text as cost, min(total_cost)::text as least from warehouse.transactions",
  );
  expect(rows).toEqual([{ cost: "27.50", least: "-5.00" }]);
});

it("rejects numbers that no column holds as records, and loads what stands beside them", async () => {
  const fields = { name: "Soap", category: "health" };
  const lines = [
    { sku: 301, price: "1.00", popularity: 1e3, ...fields },
    { sku: 302, price: "1e3", popularity: 0.5, ...fields },
    { sku: 303, price: "12345678901.00", popularity: 0.5, ...fields },
    { sku: 304, price: "NaN", popularity: 0.5, ...fields },
    { sku: 305, price: "-0", popularity: 0.5, ...fields },
    { sku: 306, price: "1,000.00", popularity: 0.5, ...fields },
    { sku: 2_147_483_648, price: "1.00", popularity: 0.5, ...fields },
    { sku: 307, price: "0001.50", popularity: Number.MIN_VALUE, ...fields },
  ].map((record) => JSON.stringify(record));
  lines.push('{"sku": 308, "price": "1.00", "popularity": 1E400, "name": "Soap", "category": "health"}');
  lines.push('{"sku": 3.09e2, "price": "1.00", "popularity": 1E308, "name": "Soap", "category": "health"}');
  await land(world, "date=2021-05-01/hour=00/products.json", `${lines.join("\n")}\n`);
  const [run] = await succeed(world, "products");
  expect(run?.records).toMatchObject({ in: 10, loaded: 3, rejectedByReason: { schema: 7 } });
  expect(await rowOf("products", 307)).toMatchObject({ price: "1.50" });
  expect(await rowOf("products", 309)).toBeDefined();
});
