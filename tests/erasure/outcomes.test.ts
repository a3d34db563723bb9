import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { keyedHash, parseKeyring, pseudonym } from "@lethe/privacy/privacy-key";
import { toCsv } from "@lethe/test-kit/csv";
import { findPeople } from "@lethe/test-kit/everything";
import { pathsBelow } from "@lethe/test-kit/folders";
import { land, landAsIs, landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, type MarkedPerson, markedPeople } from "@lethe/test-kit/marked-people";
import { expectSalesOnce } from "@lethe/test-kit/processed";
import { product } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { NO_THRESHOLDS, openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const PEOPLE = markedPeople(6) as [MarkedPerson, MarkedPerson, ...MarkedPerson[]];
const [gone, goneToo, ...staying] = PEOPLE;
const recognise = createRecogniser(PEOPLE);
const isGone = (n: number) => n === gone.n || n === goneToo.n;
const COUNTRIES = ["Ireland", "United Kingdom", "France"];

/** A sale of which many people have the like: what it cost, when and where it went tells nobody apart. */
function sale(person: MarkedPerson, n: number, fields: Readonly<Record<string, unknown>> = {}) {
  const lines = [11111, 22222]
    .slice(0, 1 + (n % 2))
    .map((sku) => ({ sku, quantity: n, price: "2.50", total: `${n * 2.5}` }));
  const products = lines.map((line) => ({ ...line, total: (line.quantity * 2.5).toFixed(2) }));
  const plain = person.transaction(n);
  return {
    ...plain,
    transaction_time: `2022-03-0${1 + (n % 3)}T1${n % 10}:0${person.n}:30.${person.n}${n}`,
    delivery_address: { ...(plain.delivery_address as object), country: COUNTRIES[n % 3] },
    purchases: { products, total_cost: (lines.length * n * 2.5).toFixed(2) },
    ...fields,
  };
}

const lines = (records: readonly unknown[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");

const FILES: readonly (readonly [path: string, content: string])[] = [
  [
    "date=2022-03-01/hour=00/customers.json",
    lines(PEOPLE.map((p) => p.customer({ last_change: "2021-01-01", city: "before" }))),
  ],
  ["date=2022-03-01/hour=01/customers.json", lines(PEOPLE.map((p) => p.customer({ last_change: "2021-06-01" })))],
  ["date=2022-03-01/hour=02/transactions.json", lines(PEOPLE.flatMap((p) => [sale(p, 1), sale(p, 2), sale(p, 3)]))],
  ["date=2022-03-01/hour=03/transactions.csv", toCsv(PEOPLE.flatMap((p) => [sale(p, 4), sale(p, 5)]))],
  // Of one person alone.
  ["date=2022-03-01/hour=04/transactions.json", lines([sale(gone, 6), sale(gone, 7)])],
  ["date=2022-03-01/hour=05/transactions.json", lines(staying.flatMap((p) => [sale(p, 6), sale(p, 7)]))],
  // What waits for a product, what waits for a customer, and what the schema does not know.
  ["date=2022-03-01/hour=06/transactions.json", lines(PEOPLE.flatMap((p) => [sale(p, 8, ofUnknownProduct())]))],
  ["date=2022-03-01/hour=07/transactions.json", lines(PEOPLE.map((p) => gift(p, 9)))],
];

function ofUnknownProduct() {
  return { purchases: { products: [{ sku: 33333, quantity: 1, price: "1.50", total: "1.50" }], total_cost: "1.50" } };
}

function gift(person: MarkedPerson, n: number) {
  const { first_name: name, address } = person.customer();
  const plain = sale(person, n);
  return {
    ...plain,
    purchases: {
      ...plain.purchases,
      products: plain.purchases.products.map((line) => ({ ...line, gift_note: `For ${String(name)}` })),
      gift_to: { address, phones: [[person.customer().phone_number]] },
    },
  };
}

describe.each(["unlink", "aggregate", "pseudonymise"] as const)("the outcome %s", (outcome) => {
  /** Declares a test of what a pseudonym, which links a person's sales, does not promise. */
  const itUnlessLinked = (name: string, test: () => Promise<void>, timeout?: number) => {
    if (outcome !== "pseudonymise") it(name, test, timeout);
  };
  let world: World;
  let before: Totals;

  beforeAll(async () => {
    world = await openWorld({ settings: { ...NO_THRESHOLDS, LETHE_ERASURE_OUTCOME: outcome } });
    // Keys that no other number is equal to.
    await world.pool.query("alter sequence warehouse.transactions_transaction_key_seq restart 70000000");
    await landRecords(world, "date=2022-03-01/hour=00/products.json", [product(), product({ sku: 22222 })]);
    for (const [path, content] of FILES) await land(world, path, content);
    await succeed(world, "customers", "products", "transactions");
    before = await totalsOf(world);
    const { rows } = await world.pool.query<{ key: string; customer: string }>(
      "select transaction_key as key, customer_id as customer from warehouse.transactions",
    );
    keys = new Map(rows.map(({ key, customer }) => [Number(key), customer]));
    await landRecords(world, "date=2022-03-02/hour=00/erasure-requests.json", [gone.request, goneToo.request]);
    await succeed(world, "erasure-requests");
    await settle(world);
  });
  afterAll(() => world.close());

  let keys: Map<number, string>;

  it("leaves no trace of the people, and is on the receipts", async () => {
    expect(await findPeople(world, recognise, isGone)).toEqual([]);
    const { code, out, err } = await world.lethe("erasure", "list", "--json");
    expect(code, err).toBe(0);
    expect(out.match(new RegExp(`"outcome": ?"${outcome}"`, "g"))).toHaveLength(2);
    const receipts = await receiptBodies(world);
    expect(receipts.map((body) => body.outcome)).toEqual([outcome, outcome]);
    for (const { places } of receipts) {
      expect(places.map(({ place }) => place)).toContain("archived_data");
      if (outcome !== "pseudonymise") expect(places.filter(({ name }) => name !== "")).toEqual([]);
    }
    expect(await countOf(world.pool, "select count(*) as n from privacy.record_replacements")).toBe(0);
  });

  it("moves no total and no count", async () => {
    expect(await totalsOf(world)).toEqual(before);
    await expectSalesOnce(world);
  });

  itUnlessLinked("leaves nothing by which a query ties a sale to another or to the person", async () => {
    expect(await tiesOf(world, keys)).toEqual([]);
  });

  it("takes no sale twice from old files, in whatever form, nor from the masked archive", async () => {
    // Without what the schema does not know, a masked gift is a sale like any other, and was not taken yet.
    const archived = (await archivedFiles(world)).filter(
      ([path]) => outcome !== "pseudonymise" || !path.includes("hour=07"),
    );
    for (const [path, content] of FILES) await landAsIs(world, path, Buffer.from(`${content}\n`));
    await succeed(world, "customers", "transactions");
    const sold = PEOPLE.flatMap((p) => [sale(p, 1), sale(p, 2), sale(p, 3), ...(p === goneToo ? [] : [sale(p, 6)])]);
    await land(world, "date=2022-03-04/hour=00/transactions.csv", toCsv(sold));
    for (const [i, [path, bytes]] of archived.entries()) {
      await landAsIs(
        world,
        path.replace(/date=[^/]+/, `date=2022-05-${10 + i}`),
        Buffer.concat([bytes, Buffer.from("\n")]),
      );
    }
    await succeed(world, "customers", "transactions");
    await settle(world);
    expect(await totalsOf(world)).toEqual(before);
    expect(await findPeople(world, recognise, isGone)).toEqual([]);
    await expectSalesOnce(world);
  });

  itUnlessLinked("takes no sale twice of somebody who has consented again", async () => {
    const { rows } = await world.pool.query<{ id: string }>("select id from warehouse.erasure_requests order by id");
    for (const { id } of rows) {
      const { code, err } = await world.lethe("erasure", "lift", id, "--note", "case 1");
      expect(code, err).toBe(0);
    }
    await landRecords(world, "date=2022-05-30/hour=00/transactions.json", [
      sale(gone, 1),
      sale(gone, 8, ofUnknownProduct()),
    ]);
    await succeed(world, "transactions");
    expect((await totalsOf(world)).counts).toEqual(before.counts);
    await landRecords(world, "date=2022-05-30/hour=01/erasure-requests.json", [goneToo.request, gone.request]);
    await succeed(world, "erasure-requests");
    await settle(world);
    expect(await findPeople(world, recognise, isGone)).toEqual([]);
  });

  it("takes a new sale once, and what waited for a product when that comes", async () => {
    const [first = 0] = before.counts;
    for (const hour of ["00", "01"]) {
      await landRecords(world, `date=2022-06-01/hour=${hour}/transactions.json`, [
        sale(gone, 11),
        sale(gone, 12, {
          delivery_address: {
            ...(gone.transaction(1).delivery_address as object),
            country: `For ${gone.email}`,
            city: hour,
          },
        }),
      ]);
      await succeed(world, "transactions");
    }
    expect((await totalsOf(world)).counts[0]).toBe(first + 2);
    await landRecords(world, "date=2022-06-02/hour=00/products.json", [product({ sku: 33333, price: "1.50" })]);
    await succeed(world, "products");
    await settle(world);
    expect((await totalsOf(world)).counts[0]).toBe(first + 2 + PEOPLE.length);
    expect(await findPeople(world, recognise, isGone)).toEqual([]);
    await expectSalesOnce(world);
  });
});

it("strengthen takes people who keep a pseudonym further, and each gets a receipt of their own", async () => {
  const world = await openWorld({ settings: { ...NO_THRESHOLDS, LETHE_ERASURE_OUTCOME: "pseudonymise" } });
  try {
    await world.pool.query("alter sequence warehouse.transactions_transaction_key_seq restart 70000000");
    await landRecords(world, "date=2022-03-01/hour=00/products.json", [product(), product({ sku: 22222 })]);
    for (const [path, content] of FILES) await land(world, path, content);
    await succeed(world, "customers", "products", "transactions");
    const before = await totalsOf(world);
    const { rows } = await world.pool.query<{ key: string; customer: string }>(
      "select transaction_key as key, customer_id as customer from warehouse.transactions",
    );
    await landRecords(world, "date=2022-03-02/hour=00/erasure-requests.json", [gone.request, goneToo.request]);
    await succeed(world, "erasure-requests");
    await settle(world);
    const { code, out, err } = await world.lethe("erasure", "strengthen");
    expect(code, err).toBe(0);
    expect(out).toContain("2 subjects were taken to the outcome unlink");
    expect((await receiptBodies(world)).map(({ outcome }) => outcome).sort()).toEqual([
      ...["pseudonymise", "pseudonymise", "unlink", "unlink"],
    ]);
    expect(await totalsOf(world)).toEqual(before);
    expect(await tiesOf(world, new Map(rows.map(({ key, customer }) => [Number(key), customer])))).toEqual([]);
    await expectSalesOnce(world);
    const [key] = parseKeyring(world.environment.LETHE_PRIVACY_KEY ?? "").all;
    const files = await archivedFiles(world);
    const alias = key === undefined ? "" : pseudonym(key, gone.id);
    expect(files.filter(([, bytes]) => bytes.includes(alias)).map(([path]) => path)).toEqual([]);
    expect(files.some(([, bytes]) => bytes.includes('"erased"'))).toBe(true);
  } finally {
    await world.close();
  }
});

interface Totals {
  readonly sales: unknown[];
  readonly days: unknown[];
  readonly counts: number[];
}

/** What analysts see: sales by day, product and country, and how many rows there are. */
async function totalsOf(world: World): Promise<Totals> {
  const day = "(transaction_time at time zone 'UTC')::date::text as day";
  const sales = await world.pool.query(
    `select ${day}, sku, delivery_country as country, count(*)::integer as lines, sum(quantity)::text as quantity,
            sum(total)::text as total
     from analytics.purchases join analytics.transactions using (transaction_key) group by 1, 2, 3 order by 1, 2, 3`,
  );
  const days = await world.pool.query(
    `select ${day}, delivery_country as country, count(*)::integer as n, sum(total_cost)::text as total
     from analytics.transactions group by 1, 2 order by 1, 2`,
  );
  const counts = [];
  for (const table of [
    "analytics.transactions",
    "analytics.purchases",
    "warehouse.customers",
    "warehouse.customers_history",
  ]) {
    counts.push(await countOf(world.pool, `select count(*) as n from ${table}`));
  }
  return { sales: sales.rows, days: days.rows, counts };
}

async function receiptBodies(world: World) {
  const { rows } = await world.pool.query<{ body: { outcome: string; places: { place: string; name: string }[] } }>(
    "select body from privacy.proof_log where kind = 'receipt' order by sequence",
  );
  return rows.map(({ body }) => body);
}

async function archivedFiles(world: World): Promise<(readonly [path: string, bytes: Buffer])[]> {
  const paths = (await pathsBelow(world.archived)).filter((path) => /\/(customers|transactions)[^/]*$/.test(path));
  return Promise.all(paths.map(async (path) => [path, await readFile(join(world.archived, path))] as const));
}

/**
 * Looks, in a dump of every column of every table, for a value that two sales of a person have in common, or a sale and
 * any other row, and that no sale of anybody else has: by such a value a query would tie them. Somebody with the key can
 * compute every hash of every identifier of the person; a row with one of those is looked at like any other.
 */
async function tiesOf(world: World, keys: ReadonlyMap<number, string>): Promise<string[]> {
  const dump = await dumpOf(world);
  const saleOf = (row: Row) => Number(row.values.get("transaction_key"));
  const units = new Map<number, Set<string>>();
  const publicValues = new Set<string>(["true", "false"]);
  const others: Row[] = [];
  for (const row of dump) {
    const key = saleOf(row);
    const owner = keys.get(key);
    if (owner === gone.id) units.set(key, new Set([...(units.get(key) ?? []), ...cellsOf(row)]));
    else if (owner !== undefined || row.table === "warehouse.products")
      for (const cell of cellsOf(row)) publicValues.add(cell);
    else others.push(row);
  }
  const ties: string[] = [];
  for (const [key, values] of units) {
    for (const value of [...values].filter((each) => !publicValues.has(each))) {
      for (const [other, theirs] of units) if (other !== key && theirs.has(value)) ties.push(`sales by ${value}`);
      // A short number stands anywhere.
      const plain = value.slice(value.indexOf("=") + 1);
      for (const row of others)
        if (plain.length > 6 && [...row.values.values()].some((text) => text.includes(plain)))
          ties.push(`${row.table} by ${value}`);
    }
  }
  // What a key's holder can compute stands in no row beside anything else.
  const [key] = parseKeyring(world.environment.LETHE_PRIVACY_KEY ?? "").all;
  if (key === undefined) throw new Error("the world has no key");
  const ids = [
    gone.id,
    gone.email.toLowerCase(),
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => String(gone.transaction(n).transaction_id)),
  ];
  const computed = ids.flatMap((id) => [
    pseudonym(key, id),
    ...(["customer-id", "email", "name", "record-id"] as const).flatMap((kind) => [
      keyedHash(key, kind, id).toString("hex"),
      keyedHash(key, kind, `transactions\0${id}`).toString("hex"),
    ]),
    createHash("sha256").update(id).digest("hex"),
  ]);
  for (const values of units.values())
    for (const hash of computed) if ([...values].some((v) => v.includes(hash))) ties.push(hash);
  const known = dump.filter(({ table }) => table === "privacy.erased_records");
  expect(
    known.filter((row) => computed.some((hash) => [...row.values.values()].some((v) => v.includes(hash)))).length,
  ).toBeGreaterThan(6);
  expect(new Set(known.flatMap((row) => [...row.values.keys()]))).toEqual(new Set(["record_hash", "key_id"]));
  return ties;
}

function cellsOf({ values }: Row): string[] {
  return [...values].map(([column, value]) => `${column}=${value}`);
}

interface Row {
  readonly table: string;
  readonly values: ReadonlyMap<string, string>;
}

async function dumpOf(world: World): Promise<Row[]> {
  const tables = await world.pool.query<{ name: string }>(
    `select schemaname || '.' || tablename as name from pg_tables where schemaname in ('warehouse', 'ledger', 'privacy')`,
  );
  const dump: Row[] = [];
  for (const { name } of tables.rows) {
    const { rows } = await world.pool.query<{ row: Record<string, unknown> }>(
      `select to_jsonb(t) as row from ${name} t`,
    );
    for (const { row } of rows) {
      const entries = Object.entries(row).filter(([, value]) => value !== null);
      dump.push({
        table: name,
        values: new Map(
          entries.map(([column, value]) => [column, typeof value === "object" ? JSON.stringify(value) : String(value)]),
        ),
      });
    }
  }
  return dump;
}
