import { readdir } from "node:fs/promises";
import { fromRepository } from "@lethe/test-kit/repository";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliWorld, createCliWorld } from "../../test/cli-fixture.js";

let world: CliWorld;
beforeAll(async () => {
  world = await createCliWorld({ migrated: false });
});
afterAll(() => world.end());

it("says what to do where there is no ledger, names each step that it applies, and applies it once", async () => {
  const before = await world.lethe(["status"]);
  expect(before).toMatchObject({ code: 2, err: [expect.stringContaining("lethe migrate")] });
  const first = await world.lethe(["migrate"]);
  expect(first.code).toBe(0);
  const steps = (await readdir(fromRepository("sql-scripts"))).filter((name) => name.endsWith(".sql")).sort();
  const names = [...steps.map((name) => name.slice(0, -".sql".length)), "functions", "rights"];
  expect(first.out).toEqual(names.map((name) => `applied ${name}`));
  expect((await world.lethe(["migrate"])).out).toEqual(["nothing to apply: the schema is up to date"]);
  expect((await world.lethe(["status"])).code).toBe(0);
});

describe("on a database of the numbering of before the first release", () => {
  let old: CliWorld;
  beforeAll(async () => {
    old = await createCliWorld({ migrated: false });
    await old.pool.query(`
      create table public.lethe_migrations (id serial primary key, name text not null, run_on timestamp not null);
      insert into public.lethe_migrations (name, run_on) values ('0001_ledger', now()), ('0002_warehouse', now());
      create schema ledger;
      create table ledger.runs (id uuid primary key)`);
  });
  afterAll(() => old.end());

  it("says what to do, and changes nothing", async () => {
    const before = await catalogueOf(old);
    const { code, out, err } = await old.lethe(["migrate"]);
    expect({ code, out }).toEqual({ code: 2, out: [] });
    expect(err.join("\n")).toMatch(/its first step is 0001_ledger.*Create a new database/s);
    expect(await catalogueOf(old)).toEqual(before);
  });
});

async function catalogueOf({ pool }: CliWorld): Promise<unknown[]> {
  const relations = "select c.oid::regclass::text as name, relowner, relacl::text from pg_class c where c.oid >= 16384";
  const { rows } = await pool.query(`${relations} order by 1`);
  const schemas = await pool.query("select nspname from pg_namespace order by 1");
  const steps = await pool.query("select name from public.lethe_migrations order by id");
  return [rows, schemas.rows, steps.rows];
}
