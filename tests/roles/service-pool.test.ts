import { ConfigurationError } from "@lethe/contracts/errors";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import { openServicePool } from "@lethe/warehouse/service-pool";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createLogin, onServer, type TestLogin } from "./logins.js";

const DATABASE = createDatasets().database;

let database: TestDatabase;
let stranger: TestLogin;
let member: TestLogin;

beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  [stranger, member] = await Promise.all([createLogin(), createLogin("in role lethe_transformer")]);
});
afterAll(async () => {
  await database.drop();
  await Promise.all([stranger.drop(), member.drop()]);
});

const refuseWarning = (warning: string) => {
  throw new Error(`a warning: ${warning}`);
};
const whoAmI = async (pool: Pool) =>
  (await pool.query<{ current_user: string }>("select current_user")).rows[0]?.current_user;

it("works under the service's role, though the login is an administrator's", async () => {
  const pool = await openServicePool(database.url, 2, "transformer", refuseWarning, DATABASE);
  try {
    expect(await whoAmI(pool)).toBe("lethe_transformer");
    await expect(pool.query("select from warehouse.customers")).rejects.toMatchObject({ code: "42501" });
  } finally {
    await pool.end();
  }
});

it("is under it again after the server has ended its connections", async () => {
  const pool = await openServicePool(database.url, 1, "extractor", refuseWarning, DATABASE);
  const administrator = createPool(database.url, 1, "lethe-e2e");
  try {
    const pidOf = async () => (await pool.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]?.pid;
    const ended = await pidOf();
    await administrator.query("select pg_terminate_backend($1)", [ended]);
    // The pool makes another connection by itself; a query that meets the end of the old one fails.
    await expect.poll(() => pidOf().catch(() => ended)).not.toBe(ended);
    expect(await whoAmI(pool)).toBe("lethe_extractor");
  } finally {
    await Promise.all([pool.end(), administrator.end()]);
  }
});

it("leaves options that stand in the URL as they are", async () => {
  const url = new URL(database.url);
  url.searchParams.set("options", "-c statement_timeout=12345");
  const pool = await openServicePool(url.href, 1, "loader", refuseWarning, DATABASE);
  try {
    const { rows } = await pool.query("select current_user, current_setting('statement_timeout') as timeout");
    expect(rows).toEqual([{ current_user: "lethe_loader", timeout: "12345ms" }]);
  } finally {
    await pool.end();
  }
});

it("takes a limited login that is a member of the role, and no other role by it", async () => {
  const url = member.urlOf(database.url);
  const pool = await openServicePool(url, 1, "transformer", refuseWarning, DATABASE);
  try {
    expect(await whoAmI(pool)).toBe("lethe_transformer");
    await pool.query("set role none");
    await expect(pool.query("select from warehouse.customers")).rejects.toMatchObject({ code: "42501" });
    await expect(pool.query("set role lethe_loader")).rejects.toMatchObject({ code: "42501" });
  } finally {
    await pool.end();
  }
});

it("refuses a login that may not take the role on, and says what an administrator has to do", async () => {
  const opening = openServicePool(stranger.urlOf(database.url), 1, "loader", refuseWarning, DATABASE);
  await expect(opening).rejects.toThrow(ConfigurationError);
  await expect(opening).rejects.toThrow("grant lethe_loader to");
});

it("refuses a role that can do more than it must", async () => {
  // A name that no other test's services take on.
  const role = "lethe_test_mighty";
  await onServer(`create role ${role} createrole`);
  try {
    const opening = openServicePool(database.url, 1, "test_mighty" as "loader", refuseWarning, DATABASE);
    await expect(opening).rejects.toThrow(`alter role ${role} nosuperuser`);
  } finally {
    await onServer(`drop role ${role}`);
  }
});

it("works under the login itself, and says so, where the server has no such role", async () => {
  const warnings: string[] = [];
  const pool = await openServicePool(
    database.url,
    1,
    "test_absent" as "loader",
    (warning) => warnings.push(warning),
    DATABASE,
  );
  try {
    expect(warnings).toEqual([expect.stringContaining("no role lethe_test_absent")]);
    const { rows } = await pool.query("select current_user = session_user as itself");
    expect(rows).toEqual([{ itself: true }]);
  } finally {
    await pool.end();
  }
});
