import { execFileSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { lstat, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, gzipSync } from "node:zlib";
import type { RunDetail } from "@lethe/contracts/runs";
import { filesBelow, pathsBelow } from "@lethe/test-kit/folders";
import { land, landRecords } from "@lethe/test-kit/landing";
import { withoutNumbers } from "@lethe/test-kit/numbered";
import { COUNTED_DATASETS, type CountedDataset } from "@lethe/test-kit/plain-count";
import { product, customer as sampleCustomer, transaction } from "@lethe/test-kit/records";
import { runAllByCommand } from "@lethe/test-kit/runs";
import { readRows } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const MIB = 1024 * 1024;
const HUGE_BYTES = 200 * MIB;
const DAY = "date=2021-05-01";
const DEEP = 100_000;

/** A customer who did not change after the partitions here. */
const customer = (fields: { readonly id: string; readonly first_name?: string }) =>
  sampleCustomer({ last_change: "2021-04-01", ...fields });

let world: World;
let runs: Readonly<Record<CountedDataset, RunDetail>>;

beforeAll(async () => {
  world = await openWorld();
  await mkdir(join(world.data, "outside"));
  await writeFile(join(world.data, "outside/customers.json"), JSON.stringify(customer({ id: "666666" })));

  // What is as it should be, before and after all the rest.
  await landRecords(world, "date=2021-04-30/hour=00/customers.json", [customer({ id: "000001" })]);
  await landRecords(world, "date=2021-05-09/hour=23/customers.json", [customer({ id: "000002" })]);
  await landRecords(world, "date=2021-04-30/hour=00/products.json", [product()]);
  await landRecords(world, "date=2021-04-30/hour=00/transactions.json", [transaction(1)]);
  await landRecords(world, "date=2021-05-09/hour=23/transactions.json", [transaction(2)]);

  await land(world, `${DAY}/hour=00/customers.json`, "");
  await land(world, `${DAY}/hour=00/products.ndjson`, "\n \r\n\t\n");
  await landRecords(world, "date=2020-13-45/hour=00/customers.json", [customer({ id: "666661" })]);
  await landRecords(world, `${DAY}/hour=24/customers.json`, [customer({ id: "666662" })]);
  // A name that is nearly right is right.
  await landRecords(world, `${DAY}/hour=7/customers.json`, [customer({ id: "666663" })]);
  await landHugeLine(`${DAY}/hour=01/transactions.json`, false);
  await landHugeLine(`${DAY}/hour=01/customers.ndjson.gz`, true);
  await land(world, `${DAY}/hour=02/customers.json`, withInvalidUtf8());
  await land(world, `${DAY}/hour=02/customers.csv`, Buffer.from([0x69, 0x64, 0x2c, 0xff, 0xfe, 0x0a]));
  await land(world, `${DAY}/hour=03/customers.ndjson`, `${JSON.stringify([customer({ id: "666664" })])}\n`);
  await land(world, `${DAY}/hour=03/products.ndjson`, `[\n${JSON.stringify(product({ sku: 12 }))},\n42\n]\n`);
  await mkdir(join(world.landing, `${DAY}/hour=04`), { recursive: true });
  await symlink(join(world.data, "outside/customers.json"), join(world.landing, `${DAY}/hour=04/customers.json`));
  await symlink(join(world.data, "outside"), join(world.landing, `${DAY}/hour=05`));
  await symlink(join(world.data, "outside"), join(world.landing, "date=2021-05-02"));
  await landTorn(`${DAY}/hour=06/transactions.json.gz`);
  await land(world, `${DAY}/hour=06/products.json.gz`, Buffer.alloc(0));
  await writeFile(join(world.landing, `${DAY}/hour=06/products.csv.gz`), "this is no gzip at all");
  await land(world, `${DAY}/hour=08/readme.txt`, "hello");
  await land(world, `${DAY}/hour=08/customers.parquet`, "PAR1");
  await land(world, "loose-file.json", "{}");
  await mkdir(join(world.landing, `${DAY}/hour=09/customers.json`), { recursive: true });
  execFileSync("mkfifo", [join(world.landing, `${DAY}/hour=09/products.json`)]);
  await land(world, `${DAY}/hour=10/transactions.ndjson`, poison());
  await land(world, `${DAY}/hour=11/customers.json`, '[{"id": "000011"');
  await land(world, `${DAY}/hour=12/customers.csv`, 'id,first_name\n"000012,never closed\n');
  await land(
    world,
    `${DAY}/hour=13/customers.csv`,
    `id,first_name,last_name,email\n000013,A\n000014,A,B,a@b.example,too,many\n`,
  );

  const summaries = await runAllByCommand(world, 5);
  const details = await Promise.all(COUNTED_DATASETS.map((name) => readRun(world.pool, summaries[name].id)));
  runs = Object.fromEntries(details.map((run) => [run.job, run])) as Record<CountedDataset, RunDetail>;
}, 120_000);
afterAll(() => world.close());

async function landHugeLine(path: string, packed: boolean): Promise<void> {
  await land(world, path, "");
  const piece = Buffer.alloc(MIB, "x");
  const line = Readable.from(
    (function* () {
      yield Buffer.from('{"transaction_id": "');
      for (let bytes = 0; bytes < HUGE_BYTES; bytes += MIB) yield piece;
      yield Buffer.from('"}\n');
    })(),
  );
  const file = createWriteStream(join(world.landing, path));
  await (packed ? pipeline(line, createGzip({ level: 1 }), file) : pipeline(line, file));
}

function withInvalidUtf8(): Buffer {
  const [before, after] = [customer({ id: "000003" }), customer({ id: "000004" })].map((each) =>
    Buffer.from(`${JSON.stringify(each)}\n`),
  );
  const broken = Buffer.from(`${JSON.stringify(customer({ id: "666665", first_name: "~" }))}\n`);
  broken[broken.indexOf("~")] = 0xff;
  return Buffer.concat([before ?? Buffer.alloc(0), broken, after ?? Buffer.alloc(0)]);
}

async function landTorn(path: string): Promise<void> {
  const whole = gzipSync(Array.from({ length: 50 }, (_, n) => JSON.stringify(transaction(900 + n))).join("\n"));
  await land(world, path, "");
  await writeFile(join(world.landing, path), whole.subarray(0, whole.length - 20));
}

/** Lines that each would break something if they were taken for what they claim to be; the last one is sound. */
function poison(): string {
  const nested = ["[".repeat(DEEP), "]".repeat(DEEP)].join("");
  const objects = ['{"a":'.repeat(DEEP), "1", "}".repeat(DEEP)].join("");
  return [
    `{"transaction_id": ${nested}, "note": "\\u0041"}`,
    `{"transaction_id": ${objects}, "note": "\\u0041"}`,
    JSON.stringify(transaction(20, { customer_id: "\u0000" })),
    '{"transaction_id": "\\ud800"}',
    '{"__proto__": {"transaction_id": 1}}',
    '{"constructor": null, "toString": 5}',
    "null",
    '"text"',
    "NaN",
    "{}",
    JSON.stringify(transaction(21, { purchases: { products: [], total_cost: "0" } })),
    JSON.stringify(transaction(22, { transaction_time: "2022-02-30T00:00:00" })),
    JSON.stringify(transaction(3)),
    "",
  ].join("\n");
}

function noticesOf(dataset: CountedDataset): string[] {
  return runs[dataset].notices.map(({ code, path }) => `${code} ${path}`).sort();
}

/** What stands in landing that is no input of any dataset: every run names it. */
const EVERYBODYS = [
  "file_unknown date=2021-05-01/hour=08/readme.txt",
  "file_unknown date=2021-05-01/hour=09/products.json",
  "file_unknown loose-file.json",
  "partition_invalid date=2020-13-45/hour=00/customers.json",
  "partition_invalid date=2021-05-01/hour=24/customers.json",
  "path_refused date=2021-05-01/hour=04/customers.json",
  "path_refused date=2021-05-01/hour=05",
  "path_refused date=2021-05-02",
];

describe("input that nobody planned", () => {
  it("stops nothing else", async () => {
    expect(Object.values(runs).map(({ state, failures }) => ({ state, failures }))).toEqual(
      COUNTED_DATASETS.map(() => ({ state: "succeeded", failures: [] })),
    );
    const ids = (await readRows(world.pool, "customers")).map((row) => row.id);
    expect(ids).toEqual(["000001", "000002", "000003", "000004", "666663", "666664"]);
    const transactions = (await readRows(world.pool, "transactions")).map((row) => row.transaction_id);
    expect(transactions).toEqual([1, 2, 3].map((n) => transaction(n).transaction_id));
  });

  it("is named in the run of its dataset", () => {
    expect(noticesOf("customers")).toEqual(
      [
        ...EVERYBODYS,
        "empty_file date=2021-05-01/hour=00/customers.json",
        "file_unreadable date=2021-05-01/hour=01/customers.ndjson.gz",
        "file_unreadable date=2021-05-01/hour=02/customers.csv",
        "file_unreadable date=2021-05-01/hour=08/customers.parquet",
        "file_unreadable date=2021-05-01/hour=11/customers.json",
      ].sort(),
    );
    expect(noticesOf("products")).toEqual(
      [
        ...EVERYBODYS,
        "empty_file date=2021-05-01/hour=00/products.ndjson",
        "file_unreadable date=2021-05-01/hour=06/products.csv.gz",
        "empty_file date=2021-05-01/hour=06/products.json.gz",
      ].sort(),
    );
    expect(noticesOf("transactions")).toEqual(
      [
        ...EVERYBODYS,
        "file_unreadable date=2021-05-01/hour=01/transactions.json",
        "file_unreadable date=2021-05-01/hour=06/transactions.json.gz",
      ].sort(),
    );
  });

  it("is named by the API", async () => {
    const { status, body } = await world.api("GET", `/runs/${runs.customers.id}`);
    expect(status).toBe(200);
    expect((body as RunDetail).notices).toEqual(runs.customers.notices);
  });

  it("is rejected line by line where a file has lines, with the line's number", async () => {
    const { rows } = await world.pool.query<{ file: string; line: number; reason: string; encoding: string }>(
      `select f.path || ':' || q.line as at, q.reason from ledger.quarantine q join ledger.files f on f.id = q.file_id
       where q.line is not null order by f.path, q.line`,
    );
    const hour = (n: string) => `${DAY}/hour=${n}`;
    expect(withoutNumbers(rows)).toEqual([
      { at: `${hour("02")}/customers.json:2`, reason: "unreadable" },
      { at: `${hour("03")}/products.ndjson:2`, reason: "schema" },
      ...[
        ...["unreadable", "unreadable", "unreadable", "unreadable", "schema", "schema"],
        ...["schema", "schema", "unreadable", "schema", "schema", "schema"],
      ].map((reason, i) => ({ at: `${hour("10")}/transactions.ndjson:${i + 1}`, reason })),
      { at: `${hour("12")}/customers.csv:2`, reason: "unreadable" },
      { at: `${hour("13")}/customers.csv:2`, reason: "schema" },
      { at: `${hour("13")}/customers.csv:3`, reason: "schema" },
    ]);
  });

  it("keeps bytes that are no text as they came", async () => {
    const { rows } = await world.pool.query<{ payload: string; payload_encoding: string }>(
      `select payload, payload_encoding from ledger.quarantine q join ledger.files f on f.id = q.file_id
       where f.path like $1 and line = 2`,
      [`${DAY}/hour=02/customers.%.json`],
    );
    const lines = withInvalidUtf8().toString("latin1").split("\n");
    expect(rows[0]?.payload_encoding).toBe("base64");
    expect(Buffer.from(rows[0]?.payload ?? "", "base64").toString("latin1")).toBe(lines[1]);
  });

  it("loses nothing: what is no input stays, what cannot be read is put aside, the rest is archived", async () => {
    expect((await pathsBelow(world.landing)).filter((path) => !/^date=[^/]+(\/hour=(08|09|04))?$/.test(path))).toEqual([
      "date=2020-13-45/hour=00",
      "date=2020-13-45/hour=00/customers.json",
      `${DAY}/hour=04/customers.json`,
      `${DAY}/hour=05`,
      `${DAY}/hour=08/readme.txt`,
      `${DAY}/hour=09/customers.json`,
      `${DAY}/hour=09/products.json`,
      `${DAY}/hour=24`,
      `${DAY}/hour=24/customers.json`,
      "loose-file.json",
    ]);
    expect((await lstat(join(world.landing, `${DAY}/hour=04/customers.json`))).isSymbolicLink()).toBe(true);
    const aside = [...(await filesBelow(world.quarantined)).keys()];
    expect(withoutNumbers(aside)).toEqual([
      `${DAY}/hour=01/customers.ndjson.gz`,
      `${DAY}/hour=01/transactions.json`,
      `${DAY}/hour=02/customers.csv`,
      `${DAY}/hour=06/products.csv`,
      `${DAY}/hour=06/transactions.json.gz`,
      `${DAY}/hour=08/customers.json`,
      `${DAY}/hour=11/customers.json`,
    ]);
    const archived = [...(await filesBelow(world.archived)).keys()].filter((path) => path.startsWith(DAY));
    expect(withoutNumbers(archived)).toEqual([
      `${DAY}/hour=00/customers.json`,
      `${DAY}/hour=00/products.ndjson`,
      `${DAY}/hour=02/customers.json`,
      `${DAY}/hour=03/customers.json`,
      `${DAY}/hour=03/products.ndjson`,
      `${DAY}/hour=06/products.json.gz`,
      `${DAY}/hour=07/customers.json`,
      `${DAY}/hour=10/transactions.ndjson`,
      `${DAY}/hour=12/customers.csv`,
      `${DAY}/hour=13/customers.csv`,
    ]);
  });

  it("does not make the extractor grow with the longest line", async () => {
    const extractor = [...world.running].find(({ name }) => name === "extractor");
    const status = await readFile(`/proc/${extractor?.pid}/status`, "utf8");
    const peakKib = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
    expect(peakKib).toBeGreaterThan(10_000);
    expect(peakKib / 1024).toBeLessThan(400);
  });
});
