import { createDatasets } from "@lethe/datasets/create-datasets";
import { connect } from "@lethe/test-kit/connect";
import { openWorld, type World } from "@lethe/test-kit/world";
import { compareDataMap, declaredTables, requireDeclared } from "@lethe/warehouse/data-map";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const TABLES = declaredTables(createDatasets().database);

let world: World;
beforeAll(async () => {
  world = await openWorld({ services: [] });
});
afterAll(() => world.close());

it("declares every table and column that the database has, and none besides", async () => {
  expect(await compareDataMap(world.pool, TABLES)).toEqual({ undeclared: [], missing: [] });
});

it("names what is declared and not there", async () => {
  const [first, ...others] = TABLES;
  if (first === undefined) throw new Error("no table is declared");
  const tables = [
    { ...first, columns: { ...first.columns, nickname: { kind: "personal" as const } } },
    ...others,
    { ...first, name: "warehouse.returns" },
  ];
  expect(await compareDataMap(world.pool, tables)).toEqual({
    undeclared: [],
    missing: [`${first.name}.nickname`, "warehouse.returns"],
  });
});

it("shows analysts the columns that the views have always had, in their order", async () => {
  const { rows } = await world.pool.query(
    `select table_name as view, string_agg(column_name, ' ' order by ordinal_position) as columns
     from information_schema.columns where table_schema = 'analytics' group by 1 order by 1`,
  );
  expect(rows).toEqual([
    { view: "customers", columns: "customer birth_year country country_code segment last_change" },
    { view: "products", columns: "sku name price category popularity" },
    { view: "purchases", columns: "transaction_id line sku quantity price total transaction_key" },
    {
      view: "transactions",
      columns:
        "transaction_id transaction_time customer total_cost delivery_country delivery_country_code transaction_key",
    },
  ]);
});

describe("start-up refuses a column that an erasure could not mask", () => {
  it.each([
    [
      "an id whose foreign key does not cascade",
      `alter table warehouse.transactions drop constraint transactions_customer_id_fkey,
         add constraint transactions_customer_id_fkey foreign key (customer_id) references warehouse.customers (id)`,
      "warehouse.transactions.customer_id needs a foreign key to warehouse.customers (id) on update cascade",
    ],
    [
      "a value that must be there",
      "alter table warehouse.customers alter column city set not null",
      "city must allow null",
    ],
    [
      "an id that is no text",
      "alter table warehouse.customers_history alter column id type varchar(6)",
      "warehouse.customers_history.id must be of type text",
    ],
  ])("%s", async (_what, change, fault) => {
    const client = await connect(world.pool);
    try {
      await client.query("begin");
      await client.query(change);
      await expect(requireDeclared(client, TABLES)).rejects.toThrow(fault);
    } finally {
      await client.query("rollback");
      client.release();
    }
  });
});

describe("start-up refuses", () => {
  it.each([
    ["a table", "create table warehouse.returns (id integer)", "drop table warehouse.returns", "warehouse.returns"],
    [
      "a column",
      "alter table privacy.proof_log add column name text",
      "alter table privacy.proof_log drop column name",
      "privacy.proof_log.name",
    ],
    ["a view", "create view ledger.copy as select 1 as one", "drop view ledger.copy", "ledger.copy"],
  ])("%s that nobody has declared, and says what to do", async (_what, add, remove, name) => {
    await world.pool.query(add);
    try {
      await expect(world.start("transformer")).rejects.toThrow(
        new RegExp(`no declaration names.*: ${name}\\. Declare it`),
      );
      expect(await world.lethe("migrate")).toMatchObject({ code: 2, err: expect.stringContaining(name) });
    } finally {
      await world.pool.query(remove);
    }
  });

  it("a database of the numbering of before the first release", async () => {
    await world.pool.query("update public.lethe_migrations set name = '0001_ledger' where name = '0001_baseline'");
    try {
      await expect(world.start("transformer")).rejects.toThrow("Create a new database");
    } finally {
      await world.pool.query("update public.lethe_migrations set name = '0001_baseline' where name = '0001_ledger'");
    }
  });
});

it("starts once all is declared again", async () => {
  await world.start("transformer");
});
