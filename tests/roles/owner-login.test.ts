import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { fromRepository } from "@lethe/test-kit/repository";
import { tablesAboutPeople } from "@lethe/warehouse/data-map";
import { vacuumErasedTables } from "@lethe/warehouse/erasures/vacuum-erased-tables";
import { migrate } from "@lethe/warehouse/migrate";
import { createPool } from "@lethe/warehouse/pool";
import { openServicePool } from "@lethe/warehouse/service-pool";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createLogin, onServer, type TestLogin } from "./logins.js";

const DATABASE = createDatasets().database;
const TABLES = tablesAboutPeople(DATABASE);

// A login as hosted servers give one: it owns its database, and is no superuser.

const name = `lethe_test_${randomBytes(6).toString("hex")}`;
let owner: TestLogin;
let reader: TestLogin;
let url: string;

beforeAll(async () => {
  [owner, reader] = await Promise.all([createLogin(), createLogin()]);
  await onServer(`create database ${name} owner ${owner.name}`);
  const database = new URL(inject("databaseUrl"));
  database.pathname = `/${name}`;
  url = database.href;
});
afterAll(async () => {
  await onServer(`drop database ${name} with (force)`);
  await Promise.all([owner.drop(), reader.drop()]);
});

async function onDatabase(statement: string) {
  const pool = createPool(url, 1, "lethe-e2e");
  try {
    return await pool.query(statement);
  } finally {
    await pool.end();
  }
}

const failOnWarning = (warning: string) => {
  throw new Error(`a warning: ${warning}`);
};

it("migrates, and grants to roles that somebody else has made", async () => {
  const applied = await migrate(owner.urlOf(url), DATABASE);
  const steps = (await readdir(fromRepository("sql-scripts"))).filter((name) => name.endsWith(".sql")).sort();
  expect(applied).toEqual([...steps.map((name) => name.slice(0, -".sql".length)), "functions", "rights"]);
  expect(await migrate(owner.urlOf(url), DATABASE)).toEqual([]);
});

it("refuses a database of a newer version, and puts its own rights back where there is none", async () => {
  const outdate = "update ledger.applied_definitions set rights_sha256 = sha256('')";
  await onDatabase(
    `${outdate}; insert into public.lethe_migrations (name, run_on) values ('9999_of_a_newer_version', now())`,
  );
  await expect(migrate(owner.urlOf(url), DATABASE)).rejects.toMatchObject({
    code: "schema_newer",
    message: expect.stringMatching(/newest step is 9999_of_a_newer_version, this version's is \d{4}_/),
  });
  await onDatabase("delete from public.lethe_migrations where name = '9999_of_a_newer_version'");
  expect(await migrate(owner.urlOf(url), DATABASE)).toEqual(["rights"]);
});

it("is told what an administrator has to do before its services can take their roles on", async () => {
  await expect(openServicePool(owner.urlOf(url), 1, "loader", failOnWarning, DATABASE)).rejects.toThrow(
    "grant lethe_loader to",
  );
  await onServer(`grant lethe_loader to ${owner.name}`);
  const pool = await openServicePool(owner.urlOf(url), 1, "loader", failOnWarning, DATABASE);
  try {
    expect((await pool.query("select current_user")).rows).toEqual([{ current_user: "lethe_loader" }]);
    await expect(vacuumErasedTables(pool, TABLES)).resolves.toBeInstanceOf(Date);
  } finally {
    await pool.end();
  }
});

it("has its foreign keys checked row by row: the right to leave that out is a superuser's to give", async () => {
  const { rows } = await onDatabase(
    `select prosecdef as "asOwner", pg_get_userbyid(proowner) as owner, proconfig::text as settings from pg_proc
     where proname in ('merge_transactions', 'open_transaction_stage')`,
  );
  expect(rows).toHaveLength(2);
  for (const merge of rows) expect(merge).toMatchObject({ asOwner: false, owner: owner.name });
  expect(rows.some(({ settings }) => settings.includes("session_replication_role"))).toBe(false);
  const loader = await openServicePool(owner.urlOf(url), 1, "loader", failOnWarning, DATABASE);
  try {
    await loader.query("select warehouse.open_transaction_stage()");
    await expect(loader.query("select warehouse.merge_transactions()")).resolves.toBeDefined();
  } finally {
    await loader.end();
  }
});

it("replaces functions as long as they are its own, and says who can once they are not", async () => {
  await onDatabase("update ledger.applied_definitions set functions_sha256 = sha256('')");
  expect(await migrate(owner.urlOf(url), DATABASE)).toEqual(["functions", "rights"]);
  const outdate = "update ledger.applied_definitions set rights_sha256 = sha256('')";
  await onDatabase(`${outdate}; alter function warehouse.take_transactions() owner to lethe_merger`);
  expect(await migrate(owner.urlOf(url), DATABASE)).toEqual(["rights"]);
  await onDatabase("update ledger.applied_definitions set functions_sha256 = sha256('')");
  await expect(migrate(owner.urlOf(url), DATABASE)).rejects.toThrow("only a superuser can replace them");
  expect(await migrate(url, DATABASE)).toEqual(["functions", "rights"]);
});

it("a login without any right in a database that is behind is told who has to migrate it", async () => {
  await expect(migrate(reader.urlOf(url), DATABASE)).rejects.toThrow(
    "run `lethe migrate` with the DATABASE_URL of the database's owner",
  );
});
