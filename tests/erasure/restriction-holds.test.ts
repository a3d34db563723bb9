import { landRecords } from "@lethe/test-kit/landing";
import { markedPeople } from "@lethe/test-kit/marked-people";
import { product } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

// What arrives of a person whose data is restricted is kept, and not used until the restriction is lifted.

const [jane, john] = markedPeople(2);
let world: World;

beforeAll(async () => {
  if (jane === undefined || john === undefined) throw new Error("there are two people");
  world = await openWorld();
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [jane.customer(), john.customer()]);
  await succeed(world, "customers", "products");
});
afterAll(() => world.close());

const decide = (act: "restrict" | "release") =>
  world.api("POST", `/subjects/${act}`, { customerId: jane?.id, email: jane?.email, reason: "case 14" });

async function held(): Promise<readonly string[]> {
  const { rows } = await world.pool.query<{ dataset: string }>(
    "select dataset from ledger.quarantine where reason = 'held' and status = 'open' order by id",
  );
  return rows.map(({ dataset }) => dataset);
}

it("holds records of the person alone, and takes them when it is lifted", async () => {
  expect((await decide("restrict")).status).toBe(204);
  await landRecords(world, "date=2022-03-02/hour=00/customers.json", [
    jane?.customer({ city: "Split", last_change: "2022-03-01" }),
    john?.customer({ city: "Split", last_change: "2022-03-01" }),
  ]);
  await landRecords(world, "date=2022-03-02/hour=00/transactions.json", [jane?.transaction(1), john?.transaction(1)]);
  await succeed(world, "customers", "transactions");
  await settle(world);
  expect(await held()).toEqual(["customers", "transactions"]);
  const customersIn = async (city: string) =>
    (await world.pool.query("select id from warehouse.customers where city = $1", [city])).rows.map(({ id }) => id);
  expect(await customersIn("Split")).toEqual([john?.id]);
  expect((await world.pool.query("select from analytics.transactions")).rowCount).toBe(1);

  expect((await decide("release")).status).toBe(204);
  await settle(world);
  expect(await held()).toEqual([]);
  expect((await customersIn("Split")).sort()).toEqual([jane?.id, john?.id].sort());
  expect((await world.pool.query("select from analytics.transactions")).rowCount).toBe(2);
});
