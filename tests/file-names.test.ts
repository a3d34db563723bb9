import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Run, RunDetail } from "@lethe/contracts/runs";
import { filesBelow, pathsBelow } from "@lethe/test-kit/folders";
import { landRecords } from "@lethe/test-kit/landing";
import { runLethe } from "@lethe/test-kit/program";
import { customer, product } from "@lethe/test-kit/records";
import { runAllByCommand, runByApi } from "@lethe/test-kit/runs";
import { createDatabase } from "@lethe/test-kit/test-database";
import { readRows } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

let nextId = 500_000;
/** Lands a customer of their own in each file; returns the files by the customers' ids. */
async function landCustomers(paths: readonly string[]): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const path of paths) {
    const id = String(nextId++);
    ids.set(id, path);
    await landRecords(world, path, [customer({ id, email: `c${id}@example.org` })]);
  }
  return ids;
}

async function loadedIds(): Promise<string[]> {
  return (await readRows(world.pool, "customers")).map((row) => String(row.id));
}

describe("a name that is nearly right", () => {
  it("is taken: all six files of a folder of such names, and nothing is left", async () => {
    const day = "date=2022-01-01";
    const ids = await landCustomers([
      `${day}/hour=00/customers.json`,
      `${day}/hour=3/customers.json`,
      `${day}/hour=04/Customers.JSON`,
      `${day}/hour=05/customers.jsonl`,
    ]);
    await landRecords(world, `${day}/products.json`, [product()]);
    const [first] = ids.keys();
    await landRecords(world, `${day}/hour=06/erasure_requests.json`, [
      { "customer-id": first, email: `c${first}@example.org` },
    ]);
    const runs = await runAllByCommand(world);
    expect(Object.values(runs).map(({ job, files, notTaken }) => [job, files.taken, notTaken])).toEqual([
      ["customers", 4, 0],
      ["products", 1, 0],
      ["transactions", 0, 0],
      ["erasure-requests", 1, 0],
    ]);
    expect(await pathsBelow(world.landing)).toEqual([]);
    // The first was erased by the request.
    expect(await loadedIds()).toEqual(expect.arrayContaining([...ids.keys()].slice(1)));
    expect(await loadedIds()).not.toContain(first);
    expect((await readRows(world.pool, "products")).map((row) => row.sku)).toEqual([11111]);
  });

  it("is taken in other spellings and layouts, and archived under the partition that it means", async () => {
    const ids = await landCustomers([
      "Date=2022-2-3/HOUR=7/CUSTOMERS.NDJSON",
      "date=20220203/hour=08/customer (1).json",
      "date=2022-02-03/hour=09/customers-2022-02-03_part2.json",
      "year=2022/month=2/day=3/hour=10/customers.json.1",
      "2022/02/03/11/customers_export.txt",
      "customers/date=2022-02-03/hour=12/part-00000.json",
      "date=2022-02-03/hour=13/customers.json/part-00000-9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d-c000.json",
      "date%3D2022-02-03/hour%3D14/customers",
      "customers_20220203T15.json",
      "date=2022-02-03/Customers.dat",
    ]);
    const run = await runByApi(world, "customers");
    expect(run).toMatchObject({ state: "succeeded", files: { taken: 10, quarantined: 0 }, notTaken: 0, notices: [] });
    expect(await loadedIds()).toEqual(expect.arrayContaining([...ids.keys()]));
    expect(await pathsBelow(world.landing)).toEqual([]);
    const archived = [...(await filesBelow(world.archived)).keys()].filter((path) =>
      path.startsWith("date=2022-02-03/"),
    );
    expect(archived.map((path) => dirname(path))).toEqual(
      ["00", "07", "08", "09", "10", "11", "12", "13", "14", "15"].map((hour) => `date=2022-02-03/hour=${hour}`),
    );
  });
});

describe("what is not taken", () => {
  const KEPT = [
    "date=2022-03-01/hour=05/kunden.csv",
    "date=2022-03-01/hour=05/customers_deleted.json",
    "date=2022-03-01/hour=05/customers-products.json",
    "date=2022-03-01/hour=25/customers.json",
    "date=01-03-2022/hour=05/customers.json",
    "inbox/jane.doe@example.org/letter.txt",
  ];
  const MANY = 1_200;
  let run: RunDetail;

  beforeAll(async () => {
    await landCustomers([...KEPT, "date=2022-03-01/hour=06/customers.json"]);
    for (const clutter of [".DS_Store", "customers.json.part", "_SUCCESS", "Thumbs.db"]) {
      await landRecords(world, `date=2022-03-01/hour=05/${clutter}`, []);
    }
    await mkdir(join(world.landing, "many"));
    for (let i = 0; i < MANY; i += 1) await writeFile(join(world.landing, `many/note-${i}.txt`), "");
    await symlink("customers.json", join(world.landing, "date=2022-03-01/hour=06/customers.csv"));
    run = await runByApi(world, "customers");
  });

  it("is named in the run, every one of it, and stops nothing else", async () => {
    expect(run).toMatchObject({ state: "succeeded", files: { taken: 1 }, notTaken: KEPT.length + MANY + 1 });
    const named = run.notices.map(({ code, path }) => `${code} ${path}`);
    expect(named.filter((text) => !text.includes(" many/"))).toEqual([
      "partition_invalid date=01-03-2022/hour=05/customers.json",
      "file_unknown date=2022-03-01/hour=05/customers-products.json",
      "file_unknown date=2022-03-01/hour=05/customers_deleted.json",
      "file_unknown date=2022-03-01/hour=05/kunden.csv",
      "path_refused date=2022-03-01/hour=06/customers.csv",
      "partition_invalid date=2022-03-01/hour=25/customers.json",
      "partition_invalid inbox/[email]/letter.txt",
    ]);
    expect(named.filter((text) => /^partition_invalid many\/note-\d+\.txt$/.test(text))).toHaveLength(MANY);
    const { body } = await world.api("GET", `/runs/${run.id}`);
    expect((body as RunDetail).notices).toEqual(run.notices);
  });

  it("is counted by the status and in metrics, and listed by a command", async () => {
    const total = KEPT.length + MANY + 1;
    const status = await world.lethe("status");
    expect(status.out).toContain(`customers: ${total.toLocaleString("en")} entries of landing were not taken`);
    const { out } = await world.lethe("notices", run.id);
    expect(out.trim().split("\n")).toHaveLength(total);
    expect(out).not.toContain("jane");
    const scheduler = [...world.running].find(({ name }) => name === "scheduler");
    const metrics = await (await fetch(`${scheduler?.address}/metrics`)).text();
    expect(metrics).toMatch(new RegExp(`^lethe_landing_not_taken\\{[^}]*dataset="customers"[^}]*\\} ${total}$`, "m"));
  });

  it("gives `lethe run --follow` an exit code of its own", async () => {
    const { code, out } = await world.lethe("run", "customers", "--follow", "--json");
    expect(code).toBe(5);
    expect((JSON.parse(out) as Run).notTaken).toBe(KEPT.length + MANY + 1);
    const text = await world.lethe("run", "customers", "--follow");
    expect(text.code).toBe(5);
    expect(text.out).toContain("date=2022-03-01/hour=05/kunden.csv");
    expect(text.out).toMatch(/all of them: lethe notices [0-9a-f-]{36}/);
  });

  it("of a range that was not asked for is none of a run's business", async () => {
    for (const path of ["inbox", "many", "date=01-03-2022"]) await rm(join(world.landing, path), { recursive: true });
    const { code } = await world.lethe("run", "customers", "--follow", "--from", "2022-04-01");
    expect(code).toBe(0);
  });
});

it("makes `lethe up --once` end with the same exit code, and costs only itself", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lethe-names-"));
  const database = await createDatabase(inject("databaseUrl"));
  const hour = join(folder, "raw/date=2022-05-01/hour=5");
  try {
    await mkdir(hour, { recursive: true });
    const record = customer({ id: "600000", email: "c600000@example.org" });
    await writeFile(join(hour, "Customers.json"), JSON.stringify(record));
    await writeFile(Buffer.from(join(hour, "kund\xe9.json"), "latin1"), "{}");
    const { code, out, err } = await runLethe(["up", "--once"], {
      DATABASE_URL: database.url,
      REDIS_URL: inject("redisUrl"),
      LETHE_QUEUE_PREFIX: `${world.prefix}-up`,
      DATA_DIR: join(folder, "data"),
      RAW_DATA_DIR: join(folder, "raw"),
    });
    expect(code, out + err).toBe(5);
    expect(err).toContain("date=2022-05-01/hour=5/kund\\xe9.json: the name is not UTF-8");
    expect(out).toMatch(/^customers +succeeded +1 +0 +0 +1 +1 +0 /m);
  } finally {
    await database.drop();
    await rm(folder, { recursive: true });
  }
}, 120_000);
