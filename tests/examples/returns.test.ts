import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { DataContract } from "@lethe/datasets/data-contract";
import { readEverything } from "@lethe/test-kit/everything";
import { fromRepository } from "@lethe/test-kit/repository";
import { openTestPlace, type TestPlace } from "@lethe/test-kit/test-place";
import { afterAll, beforeAll, expect, it } from "vitest";

// A fifth dataset, added to a copy of the repository by the steps of docs/add-a-dataset.md and nothing else.

const run = promisify(execFile);
const BUILD_MS = 600_000;
const BUILT = ["dist", "bundle", "node_modules", ".turbo"];

let copy: string;
let data: string;
let place: TestPlace;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "lethe-returns-"));
  data = join(copy, "var");
  place = await openTestPlace({ empty: true });
  await copyRepository();
  for (const step of await stepsOf("docs/add-a-dataset.md")) await run("sh", ["-e", "-c", step], { cwd: copy });
}, BUILD_MS);
afterAll(async () => {
  await place.close();
  await rm(copy, { recursive: true, force: true });
});

it("loads the fifth dataset like the others, and leaves no byte of a person who is erased", async () => {
  const { stdout } = await lethe("up", "--once");
  expect(stdout).toMatch(/^returns +succeeded +2 +0 +0 +7 +4 +3/m);
  const { rows } = await place.pool.query(
    `select return_id, customer_id = '060002' as is_otto, customer_id = 'erased' as is_erased, reason
     from warehouse.returns order by return_id`,
  );
  expect(rows).toEqual([
    { return_id: "R00000001", is_otto: false, is_erased: true, reason: null },
    { return_id: "R00000002", is_otto: true, is_erased: false, reason: "Too bitter" },
    { return_id: "R00000005", is_otto: false, is_erased: true, reason: null },
    { return_id: "R00000006", is_otto: true, is_erased: false, reason: null },
  ]);
  expect(await reasonsInQuarantine()).toEqual(["duplicate", "schema", "unknown_customer"]);
  expect(await placesOfPerson()).toEqual([]);
});

it("counts the dataset's table and files in the receipt, which verifies", async () => {
  const { rows } = await place.pool.query<{ places: { place: string; name: string; records: number }[] }>(
    "select body -> 'places' as places from privacy.proof_log where kind = 'receipt'",
  );
  const places = rows.flatMap((row) => row.places);
  expect(places).toContainEqual({ place: "warehouse.returns", name: "", records: 2, values: 6 });
  // No file of the person is named.
  expect(places.filter(({ name }) => name !== "")).toEqual([]);
  expect(places.map(({ place: where }) => where)).toEqual(
    expect.arrayContaining(["archived_data", "processed_data", "ledger.quarantine"]),
  );
  await expect(lethe("erasure", "verify")).resolves.toBeDefined();
});

it("shows analysts the returns without the reasons, and by a random number in place of the customer", async () => {
  const { rows, fields } = await place.pool.query("select * from analytics.returns");
  expect(rows).toHaveLength(4);
  expect(fields.map(({ name }) => name)).toEqual(["return_id", "customer", "sku", "returned_on"]);
});

it("is a job of the command line, whose help and status list it", async () => {
  const { stdout } = await lethe("run", "--help");
  expect(stdout).toContain("returns");
  expect((await lethe("status")).stdout).toMatch(/^returns /m);
});

it("has a contract, which says that what a customer wrote is about a person", async () => {
  const { stdout } = await lethe("contract", "export", "returns", "--format", "json");
  const [input, table] = (JSON.parse(stdout) as DataContract).schema;
  expect(input?.properties).toContainEqual(
    expect.objectContaining({ name: "reason", classification: "confidential", required: false }),
  );
  expect(table).toMatchObject({ physicalName: "warehouse.returns", description: "Returned goods" });
});

/** Returns what the documentation's shell blocks say, each as one script. */
async function stepsOf(page: string): Promise<string[]> {
  const text = await readFile(join(copy, page), "utf8");
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, script]) => script ?? "");
}

/** Copies what git knows of, and what is built of it; installed packages are linked. */
async function copyRepository(): Promise<void> {
  const root = fromRepository("");
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  const { stdout } = await run("git", list, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  const files = stdout.split("\0").filter((path) => path !== "" && !path.startsWith("raw_data/"));
  for (const path of files) {
    await mkdir(dirname(join(copy, path)), { recursive: true });
    await cp(join(root, path), join(copy, path));
  }
  const programs = new Set(files.flatMap((path) => /^(packages|services)\/[^/]+/.exec(path)?.[0] ?? []));
  for (const program of programs) {
    for (const folder of BUILT) {
      const options = { recursive: true, verbatimSymlinks: true };
      await cp(join(root, program, folder), join(copy, program, folder), options).catch(unlessMissing);
    }
  }
  await symlink(join(root, "node_modules"), join(copy, "node_modules"));
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

function lethe(...args: string[]): Promise<{ readonly stdout: string }> {
  const environment = {
    PATH: process.env.PATH ?? "",
    DATABASE_URL: place.databaseUrl,
    REDIS_URL: place.redisUrl,
    LETHE_QUEUE_PREFIX: place.prefix,
    DATA_DIR: data,
    RAW_DATA_DIR: join(copy, "examples/returns/raw_data"),
  };
  return run(process.execPath, [join(copy, "packages/cli/bundle/main.js"), ...args], { env: environment });
}

async function reasonsInQuarantine(): Promise<string[]> {
  const { rows } = await place.pool.query<{ reason: string }>(
    "select reason from ledger.quarantine where dataset = 'returns' order by reason",
  );
  return rows.map(({ reason }) => reason);
}

/** Names the places in which anything of the person still stands. */
async function placesOfPerson(): Promise<string[]> {
  const person = /zq(hildegard|markham|box|abbey|london)|(?<![0-9a-z.])060001(?![0-9a-z])|7946 ?0111|1971-03-14/i;
  const places: string[] = [];
  for await (const { where, text } of readEverything({ ...place, data })) {
    const word = person.exec(text)?.[0];
    if (word !== undefined) places.push(`${word} in ${where}`);
  }
  return places;
}
