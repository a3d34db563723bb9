import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { landRecords } from "@lethe/test-kit/landing";
import { markedPeople } from "@lethe/test-kit/marked-people";
import { settle, succeed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

// Those who took copies of processed files learn which to take anew, and nothing of whom that was about.

const [erased, stays] = markedPeople(2);
let world: World;

beforeAll(async () => {
  if (erased === undefined || stays === undefined) throw new Error("there are two people");
  world = await openWorld({ settings: { LETHE_UPKEEP_SECONDS: "1" } });
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [erased.customer(), stays.customer()]);
  await landRecords(world, "date=2022-03-01/hour=01/customers.json", [stays.customer({ city: "Split" })]);
  await succeed(world, "customers");
  expect(await feed()).toEqual([]);
  await landRecords(world, "date=2022-03-02/hour=00/erasure-requests.json", [erased.request]);
  await succeed(world, "erasure-requests");
  await settle(world);
});
afterAll(() => world.close());

async function feed(): Promise<readonly { readonly path: string }[]> {
  const { body } = await world.api("GET", "/feed/rewritten");
  return (body as { files: readonly { readonly path: string }[] }).files;
}

it("names the file that held the person, and none that did not", async () => {
  const paths = (await feed()).map(({ path }) => path);
  expect(paths).toContain("date=2022-03-01/hour=00/customers.json.gz");
  expect(paths).not.toContain("date=2022-03-01/hour=01/customers.json.gz");
});

it("says the same on the command line, and writes a manifest for its reader alone", async () => {
  const { out } = await world.lethe("erasure", "feed", "--json");
  const lines = out.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(await feed());
  const file = join(world.data, "manifest.ndjson");
  expect((await world.lethe("erasure", "feed", "--out", file)).code).toBe(0);
  expect((await readFile(file, "utf8")).trim().split("\n")).toEqual(lines);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it("keeps nothing that ties a file to an erasure or a person: no id, no count, no time but the day", async () => {
  const { rows } = await world.pool.query<{ columns: string[] }>(
    `select array_agg(column_name::text order by column_name) as columns from information_schema.columns
     where table_schema = 'ledger' and table_name = 'rewritten_files'`,
  );
  expect(rows[0]?.columns).toEqual(["dataset", "partition_date", "partition_hour", "position", "rewritten_on"]);
});
