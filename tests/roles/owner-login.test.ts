import { randomBytes } from "node:crypto";
import { vacuumErasedTables } from "@lethe/warehouse/erasures/vacuum-erased-tables";
import { migrate } from "@lethe/warehouse/migrate";
import { openServicePool } from "@lethe/warehouse/service-pool";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createLogin, onServer, type TestLogin } from "./logins.js";

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

const failOnWarning = (warning: string) => {
  throw new Error(`a warning: ${warning}`);
};

it("migrates, and grants to roles that somebody else has made", async () => {
  const applied = await migrate(owner.urlOf(url));
  expect(applied).toContain("0010_roles");
  expect(applied.at(-1)).toBe("rights");
  expect(await migrate(owner.urlOf(url))).toEqual([]);
});

it("is told what an administrator has to do before its services can take their roles on", async () => {
  await expect(openServicePool(owner.urlOf(url), 1, "loader", failOnWarning)).rejects.toThrow("grant lethe_loader to");
  await onServer(`grant lethe_loader to ${owner.name}`);
  const pool = await openServicePool(owner.urlOf(url), 1, "loader", failOnWarning);
  try {
    expect((await pool.query("select current_user")).rows).toEqual([{ current_user: "lethe_loader" }]);
    await expect(vacuumErasedTables(pool)).resolves.toBeInstanceOf(Date);
  } finally {
    await pool.end();
  }
});

it("a login without any right in a database that is behind is told who has to migrate it", async () => {
  await expect(migrate(reader.urlOf(url))).rejects.toThrow(
    "run `lethe migrate` with the DATABASE_URL of the database's owner",
  );
});
