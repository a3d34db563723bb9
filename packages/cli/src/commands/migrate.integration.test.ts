import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

describe("a step that rewrites what a database holds", () => {
  let held: CliWorld;
  let folder: string;
  beforeAll(async () => {
    held = await createCliWorld();
    folder = await mkdtemp(join(tmpdir(), "lethe-migrate-"));
    // As a database of before that step, as far as Lethe can tell. It cannot be applied once more.
    await held.pool.query(`
      insert into ledger.runs (job, kind, trigger, state) values ('products', 'files', 'cli', 'failed');
      delete from public.lethe_migrations where name = '0014_values'`);
  });
  afterAll(async () => {
    await held.end();
    await rm(folder, { recursive: true });
  });

  it("is named before it is applied, and not applied without a backup", async () => {
    const { code, out, err } = await held.lethe(["migrate"]);
    expect({ code, out }).toEqual({ code: 2, out: [] });
    expect(err.join("\n")).toMatch(
      /0014_values: rewrites warehouse\.customers.*there is no way back.*nothing was changed.*--backup-taken.*--backup FILE/s,
    );
  });

  it("is tried once somebody says that there is a backup", async () => {
    const { err } = await held.lethe(["migrate", "--backup-taken"]);
    expect(err.join("\n")).not.toContain("nothing was changed");
    // All or none: what had been applied before it failed is rolled back.
    const { rows } = await held.pool.query("select from public.lethe_migrations where name = '0014_values'");
    expect(rows).toEqual([]);
  });

  it.runIf(spawnSync("pg_dump", ["--version"]).status === 0)(
    "leaves no file behind where pg_dump fails, and writes a file for its owner alone where it does not",
    async () => {
      const file = join(folder, "backup");
      const environment = { PATH: process.env.PATH ?? "" };
      const { err } = await held.lethe(["migrate", "--backup", file], { environment });
      const said = err.join("\n");
      if (!said.includes(`a backup is in ${file}`)) {
        expect(said).toMatch(/pg_dump took no backup.*version/s);
        await expect(stat(file)).rejects.toThrow("ENOENT");
        return;
      }
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect((await held.lethe(["migrate", "--backup", file], { environment })).err.join("\n")).toContain(
        "is there already",
      );
    },
  );

  it("keeps commands from working on such a database", async () => {
    const { code, err } = await held.lethe(["status"]);
    expect(code).toBe(2);
    expect(err.join("\n")).toContain("older than this version of Lethe");
  });
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
