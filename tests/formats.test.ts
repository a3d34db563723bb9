import { rm } from "node:fs/promises";
import { toCsv } from "@lethe/test-kit/csv";
import { pathsBelow } from "@lethe/test-kit/folders";
import { land } from "@lethe/test-kit/landing";
import { readProcessed } from "@lethe/test-kit/processed";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { succeed } from "@lethe/test-kit/runs";
import { readRows } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

type Fields = Readonly<Record<string, unknown>>;

const HOUR = "date=2022-03-01/hour=05";

const CUSTOMERS: readonly Fields[] = [
  customer({ id: "013000", first_name: 'Quo"te, comma', address: "Flat 7\n12 Quiet Row" }),
  customer({ id: "000001", date_of_birth: null, phone_number: null, segment: null, last_name: "Ó Briain 😀" }),
  customer({ id: "000002", last_name: "back\\slash and\ttab", postcode: "1,5" }),
];
const PRODUCTS: readonly Fields[] = [
  product({ sku: 11111, price: "2.50", popularity: 0.5 }),
  product({ sku: 22222, price: "10.0500", popularity: 1e-7, name: 'Soap "fine", 500 ml' }),
];
const TRANSACTIONS: readonly Fields[] = [
  transaction(1, { customer_id: "013000" }),
  transaction(2, {
    delivery_address: { address: 'Studio 4\n9 "High" Street', postcode: null, city: "Bath, Avon", country: "England" },
    purchases: {
      products: [
        { sku: 11111, quanitity: 3, price: "2.50", total: "7.50" },
        { sku: 22222, quantity: 1, price: "10.05", total: "10.05" },
      ],
      total_cost: "17.55",
    },
  }),
];
const DATASETS = { customers: CUSTOMERS, products: PRODUCTS, transactions: TRANSACTIONS } as const;

/** Ways to write the same records. */
const FORMATS: Readonly<Record<string, (records: readonly Fields[]) => string>> = {
  "lines.json": (records) => records.map((record) => `${JSON.stringify(record)}\n`).join(""),
  "lines without a last line end.json": (records) => records.map((record) => JSON.stringify(record)).join("\n"),
  "lines of Windows, with a byte order mark.json": (records) =>
    `\ufeff${records.map((record) => `${JSON.stringify(record)}\r\n`).join("\r\n")}`,
  "array.json": (records) => JSON.stringify(records),
  "array on many lines.json": (records) => `\n ${JSON.stringify(records, null, 2)}\n`,
  "lines.ndjson": (records) => records.map((record) => `${JSON.stringify(record)}\n`).join(""),
  "rows.csv": toCsv,
  "rows of Windows, with a byte order mark.csv": (records) =>
    `\ufeff${toCsv(records).replace(/(?<=")\n(?=")/g, "\r\n")}`,
};

let world: World;
let expected: Awaited<ReturnType<typeof readAll>>;

beforeAll(async () => {
  world = await openWorld();
  await loadAs("lines.json", "");
  expected = await readAll();
  await forgetAll();
});
afterEach(forgetAll);
afterAll(() => world.close());

it("takes the records themselves: nothing is rejected, and nothing is empty", () => {
  expect(expected.customers.map((row) => row.id)).toEqual(["000001", "000002", "013000"]);
  expect(expected.products).toHaveLength(PRODUCTS.length);
  expect(expected.transactions).toHaveLength(TRANSACTIONS.length);
  expect(expected.purchases).toHaveLength(3);
});

describe.each(["", ".gz"])("the same records, packed as '%s'", (packed) => {
  it.each(Object.keys(FORMATS))("come to the same rows from %s", async (format) => {
    await loadAs(format, packed);
    expect(await readAll()).toEqual(expected);
    expect(await pathsBelow(world.landing)).toEqual([]);
  });

  it("come to the same rows from one object a file, on one line or on many", async () => {
    for (const [dataset, records] of Object.entries(DATASETS)) {
      for (const [i, record] of records.entries()) {
        await land(world, `date=2022-03-01/hour=0${i}/${dataset}.json${packed}`, JSON.stringify(record, null, i * 2));
      }
    }
    await succeed(world, "customers", "products", "transactions");
    const withoutHours = (rows: typeof expected) => ({
      ...rows,
      products: rows.products.map(({ valid_from: _, source_partition: __, ...row }) => row),
      customers: rows.customers.map(({ source_partition: _, ...row }) => row),
      processed: undefined,
    });
    expect(withoutHours(await readAll())).toEqual(withoutHours(expected));
  });
});

async function loadAs(format: string, packed: string): Promise<void> {
  const extension = format.slice(format.lastIndexOf("."));
  const write = FORMATS[format];
  if (write === undefined) throw new RangeError(`there is no format ${format}`);
  for (const [dataset, records] of Object.entries(DATASETS)) {
    await land(world, `${HOUR}/${dataset}${extension}${packed}`, write(records));
  }
  const runs = await succeed(world, "customers", "products", "transactions");
  expect(runs.map(({ records }) => records.rejectedByReason)).toEqual([{}, {}, {}]);
}

async function readAll() {
  const { pool } = world;
  return {
    customers: await readRows(pool, "customers"),
    products: await readRows(pool, "products"),
    transactions: await readRows(pool, "transactions"),
    delivery_addresses: await readRows(pool, "delivery_addresses"),
    purchases: await readRows(pool, "purchases"),
    processed: await Promise.all(
      Object.keys(DATASETS).map((name) => readProcessed(world, name as keyof typeof DATASETS)),
    ),
  };
}

/** Creates the world as if nothing had ever come. */
async function forgetAll(): Promise<void> {
  await world.pool.query(
    "truncate ledger.runs, ledger.processed_files, warehouse.customers, warehouse.products restart identity cascade",
  );
  await Promise.all([world.archived, world.processed].map((folder) => rm(folder, { recursive: true, force: true })));
}
