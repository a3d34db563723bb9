import { stat } from "node:fs/promises";
import { join } from "node:path";
import { findPeople, readContent } from "@lethe/test-kit/everything";
import { filesBelow } from "@lethe/test-kit/folders";
import { land, landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, type MarkedPerson, markedPeople } from "@lethe/test-kit/marked-people";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

const HOURS = 150;
const PEOPLE = markedPeople(5);
const recognise = createRecogniser(PEOPLE);

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  for (let hour = 0; hour < HOURS; hour++) {
    const customers: unknown[] = [
      customer({ id: `5${String(hour).padStart(5, "0")}`, email: `of.hour${hour}@x.example` }),
    ];
    const sales: unknown[] = [transaction(500_000 + hour, { customer_id: `5${String(hour).padStart(5, "0")}` })];
    for (const person of PEOPLE) {
      if (hour === hourOf(person)) customers.push(person.customer());
      if (hour % 50 === hourOf(person)) sales.push(person.transaction(hour));
    }
    await landRecords(world, `${partition(hour)}/customers.json`, customers);
    await land(world, `${partition(hour)}/transactions.json.gz`, sales.map((sale) => JSON.stringify(sale)).join("\n"));
  }
  await succeed(world, "customers", "products", "transactions");
});
afterAll(() => world.close());

it("an erasure changes the files that hold the person, and touches no other", async () => {
  const before = await readFiles();
  await landRecords(
    world,
    "date=2022-04-01/hour=00/erasure-requests.json",
    PEOPLE.map(({ request }) => request),
  );
  await succeed(world, "erasure-requests");
  await settle(world);
  const after = await readFiles();
  const changed = [...before.keys()].filter((path) => after.get(path)?.identity !== before.get(path)?.identity);
  expect(before.size).toBe(HOURS * 4 + 2);
  expect(changed).toEqual([...before.keys()].filter((path) => before.get(path)?.holdsSomebody));
  // The hour in which each is a customer and three in which each buys something, as raw and as processed files.
  expect(changed).toHaveLength(PEOPLE.length * 4 * 2);
  expect(await findPeople(world, recognise, () => true)).toEqual([]);
});

/** Two hours for no two of the people. */
function hourOf({ n }: MarkedPerson): number {
  return 7 + n * 9;
}

function partition(hour: number): string {
  const day = String(1 + Math.floor(hour / 24)).padStart(2, "0");
  return `date=2022-03-${day}/hour=${String(hour % 24).padStart(2, "0")}`;
}

async function readFiles(): Promise<Map<string, { identity: string; holdsSomebody: boolean }>> {
  const files = new Map<string, { identity: string; holdsSomebody: boolean }>();
  for (const folder of [world.archived, world.processed]) {
    for (const [path, hash] of await filesBelow(folder)) {
      const { ino, mtimeMs } = await stat(join(folder, path));
      const content = await readContent(join(folder, path));
      files.set(join(folder, path), {
        identity: `${hash} ${ino} ${mtimeMs}`,
        holdsSomebody: recognise(content.toString("utf8")).size > 0,
      });
    }
  }
  return files;
}
