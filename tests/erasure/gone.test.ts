import { landRecords } from "@lethe/test-kit/landing";
import { settle, succeed } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { NO_THRESHOLDS, openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findSurvivors, PLANTS, plantAgain, plantAll, requestOf, STAYS } from "./plants.js";

let world: World;
let salesBefore: unknown;
let planted: readonly string[];

beforeAll(async () => {
  world = await openWorld({ settings: NO_THRESHOLDS });
  await plantAll(world);
  await succeed(world, "customers", "products", "transactions");
  await world.pool.query("analyze");
  planted = await findSurvivors(world);
  salesBefore = await sales();
  await landRecords(world, "date=2022-03-30/hour=00/erasure-requests.json", PLANTS.map(requestOf));
  await succeed(world, "erasure-requests");
  await settle(world);
});
afterAll(() => world.close());

it("finds everybody in what it searches before the erasure", () => {
  const found = new Set(planted.map((line) => line.slice(0, line.indexOf(": "))));
  expect(PLANTS.map(({ what }) => what).filter((what) => !found.has(what))).toEqual([]);
});

describe("after the erasure", () => {
  it("every request has a receipt", async () => {
    expect(
      await countOf(world.pool, "select count(*) as n from warehouse.erasure_requests where state = 'completed'"),
    ).toBe(PLANTS.length);
  });

  it("nobody is found in any byte that is kept, in any form", async () => {
    const plants = PLANTS.filter(({ joinsLater }) => !joinsLater);
    expect(await findSurvivors(world, plants)).toEqual([]);
  });

  it("sales are what they were, by day, sku and country, to the cent", async () => {
    expect(await sales()).toEqual(salesBefore);
  });

  it("nobody comes back with their files, in whatever form", async () => {
    await plantAgain(world);
    await succeed(world, "customers", "products", "transactions");
    await settle(world);
    expect(await findSurvivors(world)).toEqual([]);
  });

  it("no sale is counted twice", async () => {
    const again = (await sales()) as { sales: string }[];
    const before = salesBefore as { sales: string }[];
    expect(again.filter((row) => !before.some((old) => JSON.stringify(old) === JSON.stringify(row)))).toEqual([]);
  });

  it("who stays is where they were", async () => {
    const { rows } = await world.pool.query("select email from warehouse.customers where id = $1", [STAYS.id]);
    expect(rows).toEqual([{ email: STAYS.email.toLowerCase() }]);
    expect(
      await countOf(world.pool, "select count(*) as n from warehouse.transactions where customer_id = $1", [STAYS.id]),
    ).toBe(2);
  });
});

async function sales(): Promise<unknown> {
  const { rows } = await world.pool.query(
    `select t.transaction_time::date::text as day, p.sku, a.country_code as country, sum(p.total)::text as sales,
            sum(p.quantity)::text as quantity, count(*)::text as lines
     from warehouse.transactions t
     join warehouse.purchases p using (transaction_key)
     join warehouse.delivery_addresses a using (transaction_key)
     group by 1, 2, 3 order by 1, 2, 3`,
  );
  return rows;
}
