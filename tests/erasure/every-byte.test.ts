import { stat } from "node:fs/promises";
import { join } from "node:path";
import { toCsv } from "@lethe/test-kit/csv";
import { brokenLine, notUtf8, tornGzip } from "@lethe/test-kit/damage";
import { findPeople, readContent, readEverything, rowsAsText } from "@lethe/test-kit/everything";
import { filesBelow } from "@lethe/test-kit/folders";
import { land, landAsIs, landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, type MarkedPerson, markedPeople } from "@lethe/test-kit/marked-people";
import { product } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { NO_THRESHOLDS, openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// Three people to each part: the first one asks to be forgotten, the others stay.
const PEOPLE = markedPeople(42);
const isErased = (n: number) => n % 3 === 0;
const inPart = (part: number) => PEOPLE.slice(part * 3, part * 3 + 3);
const recognise = createRecogniser(PEOPLE);
const namesErased = (text: string) => [...recognise(text)].some(isErased);

const TABLES = [
  "warehouse.customers",
  "warehouse.customers_history",
  "warehouse.transactions",
  "warehouse.delivery_addresses",
  "warehouse.purchases",
  "warehouse.products",
  "ledger.quarantine",
];

let world: World;
let before: Snapshot;
let after: Snapshot;

beforeAll(async () => {
  world = await openWorld({ settings: { ...NO_THRESHOLDS, LETHE_ERASURE_OUTCOME: "pseudonymise" } });
  await landEveryone();
  await succeed(world, "customers", "products", "transactions");
  // The planner keeps samples of values.
  await world.pool.query("analyze");
  before = await takeSnapshot();
  await landRequests();
  await succeed(world, "erasure-requests");
  await settle(world);
  after = await takeSnapshot();
});
afterAll(() => world.close());

it("has everybody in what it searches before, and every defect in quarantine", async () => {
  const named = new Set<number>();
  for (const rows of before.rows.values()) for (const row of rows) for (const n of recognise(row)) named.add(n);
  for (const { lines } of before.files.values())
    for (const line of lines) for (const n of recognise(line)) named.add(n);
  expect([...named].sort((a, b) => a - b)).toEqual(PEOPLE.map(({ n }) => n));
  const { rows } = await world.pool.query<{ dataset: string; reason: string }>(
    "select distinct dataset, reason from ledger.quarantine order by 1, 2",
  );
  expect(rows.map(({ dataset, reason }) => `${dataset} ${reason}`)).toEqual([
    "customers schema",
    "customers unreadable",
    "erasure-requests duplicate",
    "erasure-requests identity_mismatch",
    "transactions duplicate",
    "transactions schema",
    "transactions total_mismatch",
    "transactions unknown_customer",
    "transactions unknown_sku",
    "transactions unreadable",
  ]);
});

describe("after the erasures", () => {
  it("no byte of any table, file, key or log names somebody erased", async () => {
    expect(await findPeople(world, recognise, isErased)).toEqual([]);
  });

  it("each has a receipt whose scan found nothing", async () => {
    const { rows } = await world.pool.query<{ body: { found: boolean; scan: { findings: number } } }>(
      "select body from privacy.proof_log where kind = 'receipt' order by sequence",
    );
    expect(rows).toHaveLength(PEOPLE.length / 3);
    expect(rows.filter(({ body }) => !body.found || body.scan.findings > 0)).toEqual([]);
  });

  it("all who stay are where they were", async () => {
    const stayed = (pieces: Set<string>) => [...pieces].filter((piece) => !isErased(Number(piece.split(" ")[0])));
    expect(stayed(after.whoIsWhere)).toEqual(stayed(before.whoIsWhere));
  });

  it("rows change only where they named somebody erased, and none is gone", () => {
    for (const table of TABLES) {
      const rowsBefore = before.rows.get(table) ?? [];
      const rowsAfter = after.rows.get(table) ?? [];
      const kept = new Set(rowsAfter);
      const changed = rowsBefore.filter((row) => !kept.has(row));
      expect(
        changed.filter((row) => !namesErased(row)),
        table,
      ).toEqual([]);
      if (table !== "ledger.quarantine") expect(rowsAfter.length, table).toBe(rowsBefore.length);
    }
    expect(after.rows.get("warehouse.purchases")).toEqual(before.rows.get("warehouse.purchases"));
  });

  it("files change only where they named somebody erased, and there only those lines", () => {
    let changedLines = 0;
    for (const [path, file] of before.files) {
      const now = after.files.get(path);
      if (!file.lines.some(namesErased)) {
        expect(now, path).toEqual(file);
        continue;
      }
      const linesNow = now?.lines ?? [];
      expect(linesNow.length, path).toBe(file.lines.length);
      const changed = file.lines.filter((line, i) => line !== linesNow[i]);
      expect(
        changed.filter((line) => !namesErased(line)),
        path,
      ).toEqual([]);
      expect(changed.length, path).toBe(file.lines.filter(namesErased).length);
      changedLines += changed.length;
    }
    expect(changedLines).toBeGreaterThan(50);
  });

  it("revenue is what it was, by day and sku, to the cent", () => {
    expect(before.revenue.length).toBeGreaterThan(3);
    expect(after.revenue).toEqual(before.revenue);
  });
});

/** Everybody in files of every format, each part with a defect of its own. */
async function landEveryone(): Promise<void> {
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await land(
    world,
    "date=2022-03-01/hour=00/customers.json",
    lines([
      ...inPart(0).map((person) => person.customer({ last_change: "2021-01-01", address: "before", city: "before" })),
      ...inPart(0).map((person) => person.customer({ last_change: "2021-06-01" })),
      ...inPart(5).map((person) => person.customer()),
      ...inPart(10).map((person) => person.customer()),
    ]),
  );
  await land(world, "date=2022-03-01/hour=01/customers.csv", toCsv(inPart(1).map(onOneLine)));
  await land(world, "date=2022-03-01/hour=02/customers.json.gz", array(inPart(2).map((person) => person.customer())));
  await land(world, "date=2022-03-01/hour=03/customers.ndjson.gz", lines(inPart(3).map((person) => person.customer())));
  await land(
    world,
    "date=2022-03-01/hour=04/customers.json",
    Buffer.concat([
      Buffer.from(lines(inPart(4).map((person) => person.customer({ first_name: null })))),
      ...inPart(6).map((person) => Buffer.from(`${brokenLine(person.customer())}\n`)),
      // Named by an email in other letters alone.
      ...inPart(7).map((person) =>
        Buffer.from(`{"first_name": "${person.customer().first_name}", "email": "${person.email.toUpperCase()}"\n`),
      ),
      ...inPart(8).flatMap((person) => [notUtf8(person.customer()), Buffer.from("\n")]),
      // A value that is no record, and a record without the names that it should have.
      ...inPart(11).map((person) => Buffer.from(`${JSON.stringify(Object.values(person.customer()))}\n`)),
      ...inPart(12).map((person) => Buffer.from(`${JSON.stringify({ ID: person.id, mail: person.email })}\n`)),
    ]),
  );
  // A field too many shifts the others.
  const ragged = toCsv(inPart(13).map(onOneLine)).replace(/"\n"(?=04)/g, '"\n"x","');
  await land(world, "date=2022-03-01/hour=05/customers.csv.gz", ragged);
  await landAsIs(
    world,
    "date=2022-03-01/hour=06/customers.json.gz",
    tornGzip(lines(inPart(9).map((p) => p.customer()))),
  );
  await landAsIs(world, "date=2022-03-01/hour=07/customers.csv.gz", tornGzip(toCsv(inPart(9).map(onOneLine))));
  await landAsIs(
    world,
    "date=2022-03-01/hour=08/customers.json.gz",
    tornGzip(array(inPart(9).map((p) => p.customer()))),
  );

  await landRecords(
    world,
    "date=2022-03-02/hour=00/transactions.json",
    PEOPLE.map((person) => person.transaction(1)),
  );
  await land(
    world,
    "date=2022-03-02/hour=01/transactions.csv",
    toCsv([...inPart(1), ...inPart(0)].map((person) => person.transaction(2))),
  );
  await land(
    world,
    "date=2022-03-02/hour=02/transactions.json",
    array(inPart(2).map((person) => person.transaction(3))),
  );
  await land(world, "date=2022-03-02/hour=03/transactions.ndjson.gz", lines(inPart(3).map((p) => p.transaction(4))));
  await land(
    world,
    "date=2022-03-02/hour=04/transactions.json",
    lines([
      ...inPart(5).map((person) => person.transaction(1)),
      ...inPart(5).map((person) => person.transaction(5, { purchases: purchase(77777, "3.00", "3.00") })),
      ...inPart(5).map((person) => person.transaction(6, { purchases: purchase(11111, "3.00", "4.00") })),
      ...inPart(10).map((person) => person.transaction(7, { customer_id: Number(person.id) })),
    ]) +
      inPart(6)
        .map((person) => `${brokenLine(person.transaction(8))}\n`)
        .join(""),
  );
  await landAsIs(
    world,
    "date=2022-03-02/hour=05/transactions.json.gz",
    tornGzip(lines(inPart(9).map((p) => p.transaction(9)))),
  );
}

/** All requests, of which one comes twice, and one first with somebody else's email. */
async function landRequests(): Promise<void> {
  const erased = PEOPLE.filter(({ n }) => isErased(n));
  const [mistaken] = inPart(10) as [MarkedPerson];
  const wrong = { ...mistaken.request, email: "somebody.else@example.org" };
  await landRecords(world, "date=2022-03-03/hour=00/erasure-requests.json", [wrong]);
  await succeed(world, "erasure-requests");
  const requests = erased.map(({ request }) => request);
  await landRecords(world, "date=2022-03-03/hour=01/erasure-requests.json", requests);
  await landRecords(world, "date=2022-03-03/hour=01/erasure-requests.json.gz", requests.slice(0, 2));
}

const lines = (records: readonly unknown[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");
const array = (records: readonly unknown[]) => `[\n${records.map((record) => JSON.stringify(record)).join(",\n")}\n]\n`;
// So that a line of the file is a row.
const onOneLine = (person: MarkedPerson) =>
  person.customer({ address: String(person.customer().address).replace("\n", ", ") });
const purchase = (sku: number, total: string, total_cost: string) => ({
  products: [{ sku, quantity: 1, price: total, total }],
  total_cost,
});

interface Snapshot {
  readonly rows: ReadonlyMap<string, string[]>;
  readonly files: ReadonlyMap<string, { hash: string; inode: number; lines: string[] }>;
  readonly whoIsWhere: Set<string>;
  readonly revenue: unknown[];
}

async function takeSnapshot(): Promise<Snapshot> {
  const rows = new Map<string, string[]>();
  for (const table of TABLES) rows.set(table, (await rowsAsText(world, table)).sort());
  const files = new Map<string, { hash: string; inode: number; lines: string[] }>();
  for (const folder of [world.archived, world.processed, world.quarantined]) {
    for (const [path, hash] of await filesBelow(folder)) {
      const full = join(folder, path);
      const { ino: inode } = await stat(full);
      files.set(full, { hash, inode, lines: (await readContent(full)).toString("latin1").split("\n") });
    }
  }
  const whoIsWhere = new Set<string>();
  for await (const { where, text } of readEverything(world)) {
    if (where.startsWith("samples")) continue;
    for (const n of recognise(text)) whoIsWhere.add(`${n} in ${where}`);
  }
  const revenue = await world.pool.query(
    `select transaction_time::date::text as day, sku, sum(total)::text as revenue, sum(quantity)::text as quantity
     from warehouse.transactions join warehouse.purchases using (transaction_key) group by 1, 2
     union all
     select transaction_time::date::text, null, sum(total_cost)::text, count(*)::text
     from warehouse.transactions group by 1 order by 1, 2`,
  );
  return { rows, files, whoIsWhere, revenue: revenue.rows };
}
