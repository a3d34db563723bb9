import { connect } from "@lethe/test-kit/connect";
import { rowsAsText } from "@lethe/test-kit/everything";
import { landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, markedPeople } from "@lethe/test-kit/marked-people";
import { product } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const PEOPLE = markedPeople(6);
const VIEWS = ["customers", "products", "transactions", "purchases"];

let world: World;

beforeAll(async () => {
  world = await openWorld({ settings: { LETHE_ERASURE_OUTCOME: "pseudonymise" } });
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await landRecords(
    world,
    "date=2022-03-01/hour=00/customers.json",
    PEOPLE.map((person) => person.customer()),
  );
  await landRecords(
    world,
    "date=2022-03-01/hour=00/transactions.json",
    PEOPLE.flatMap((person) => [person.transaction(1), person.transaction(2)]),
  );
  await succeed(world, "customers", "products", "transactions");
});
afterAll(() => world.close());

it("the views name nobody, and show what everybody bought", async () => {
  const rows = (await Promise.all(VIEWS.map((view) => rowsAsText(world, `analytics.${view}`)))).flat();
  expect(rows).toHaveLength(6 + 1 + 12 + 12);
  expect([...createRecogniser(PEOPLE)(rows.join("\n"))]).toEqual([]);
  const { rows: sales } = await world.pool.query(
    "select customer, count(*) as n from analytics.transactions group by customer",
  );
  expect(sales.map(({ n }) => n)).toEqual(PEOPLE.map(() => 2));
});

it("an erasure changes nothing that they show", async () => {
  const read = () => Promise.all(VIEWS.map(async (view) => (await rowsAsText(world, `analytics.${view}`)).sort()));
  const before = await read();
  await landRecords(
    world,
    "date=2022-03-02/hour=00/erasure-requests.json",
    PEOPLE.slice(0, 2).map(({ request }) => request),
  );
  await succeed(world, "erasure-requests");
  await settle(world);
  expect(await read()).toEqual(before);
});

describe("the role lethe_analyst", () => {
  const asAnalyst = async (statement: string) => {
    const client = await connect(world.pool);
    try {
      await client.query("begin; set local role lethe_analyst");
      return await client.query(statement);
    } finally {
      await client.query("rollback");
      client.release();
    }
  };

  it.each(VIEWS)("reads analytics.%s", async (view) => {
    expect((await asAnalyst(`select * from analytics.${view}`)).rows.length).toBeGreaterThan(0);
  });

  it("reads no table of Lethe's", async () => {
    const { rows } = await world.pool.query<{ name: string }>(
      `select schemaname || '.' || tablename as name from pg_tables
       where schemaname in ('warehouse', 'ledger', 'privacy', 'public')`,
    );
    expect(rows.length).toBeGreaterThan(15);
    for (const { name } of rows) {
      await expect(asAnalyst(`select 1 from ${name}`), name).rejects.toThrow(/permission denied/);
    }
  });

  it.each([
    "insert into analytics.products values (1, 'x', 1, 'x', 1)",
    "update analytics.customers set segment = 'x'",
    "delete from analytics.purchases",
    "create view analytics.more as select 1",
  ])("may not %s", async (statement) => {
    await expect(asAnalyst(statement)).rejects.toThrow(/permission denied|cannot delete from view/);
  });
});
