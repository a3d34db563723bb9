import { randomBytes } from "node:crypto";
import { HOSTILE_ACCESS_METHOD, HOSTILE_SETTINGS, makeHostile } from "@lethe/test-kit/hostile-settings";
import { createDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from "vitest";
import { createPool } from "./pool.js";
import { SESSION_SETTINGS, settingsInUrl } from "./session-settings.js";

const NAMES = SESSION_SETTINGS.map(({ name }) => name);
const role = `lethe_test_${randomBytes(6).toString("hex")}`;
let ordinary: TestDatabase;
let hostile: TestDatabase;

beforeAll(async () => {
  [ordinary, hostile] = await Promise.all([
    createDatabase(inject("databaseUrl")),
    createDatabase(inject("databaseUrl")),
  ]);
  for (const { url } of [ordinary, hostile]) await queryAsIs(url, HOSTILE_ACCESS_METHOD);
  const [server] = await queryAsIs(ordinary.url, "show server_version_num");
  const version = Number(server?.server_version_num);
  await queryAsIs(ordinary.url, `create role ${role} superuser login password 'only-for-tests'`);
  await queryAsIs(ordinary.url, makeHostile(`role ${role}`, version));
  await queryAsIs(ordinary.url, makeHostile(`database ${new URL(hostile.url).pathname.slice(1)}`, version));
});
afterAll(async () => {
  await queryAsIs(inject("databaseUrl"), `drop role ${role}`);
  await Promise.all([ordinary.drop(), hostile.drop()]);
});

it("declares each setting once, and the tests have a hostile value of each", () => {
  expect(new Set(NAMES).size).toBe(NAMES.length);
  expect(Object.keys(HOSTILE_SETTINGS).sort()).toEqual([...NAMES].sort());
});

it.each(["role", "database"] as const)("a connection has its own settings whatever the %s has", async (level) => {
  const url = level === "role" ? asRole(ordinary.url) : hostile.url;
  const expected = await settingsOf((text) => queryByPool(ordinary.url, text));
  // All but what this test and the driver ask for, and what the test server has given up with fsync.
  const without = await settingsOf((text) => queryAsIs(url, text));
  expect(NAMES.filter((name) => without[name] === expected[name])).toEqual([
    "statement_timeout",
    "synchronous_commit",
    "client_encoding",
  ]);
  expect(await settingsOf((text) => queryByPool(url, text))).toEqual(expected);
});

it("lifts a limit of a millisecond, which may end what lifts it", async () => {
  await queryAsIs(ordinary.url, `create role ${role}_hasty login password 'only-for-tests'`);
  onTestFinished(async () => {
    await queryAsIs(ordinary.url, `drop role ${role}_hasty`);
  });
  await queryAsIs(ordinary.url, `alter role ${role}_hasty set statement_timeout = '1ms'`);
  const url = asRole(ordinary.url).replace(role, `${role}_hasty`);
  for (let round = 0; round < 20; round += 1) {
    expect(await queryByPool(url, "show statement_timeout")).toEqual([{ statement_timeout: "0" }]);
  }
});

it("leaves limits of time that stand in the options of DATABASE_URL, and nothing else of them", async () => {
  const url = `${ordinary.url}?options=-c%20lock_timeout%3D1234%20--statement-timeout%3D5s%20-c%20DateStyle%3DSQL`;
  expect([...settingsInUrl(url)]).toEqual(["lock_timeout", "statement_timeout", "datestyle"]);
  expect(await settingsOf((text) => queryByPool(url, text))).toMatchObject({
    lock_timeout: "1234",
    statement_timeout: "5000",
    idle_session_timeout: "0",
    DateStyle: "ISO, YMD",
  });
});

it("calls PostgreSQL's functions and operators, whatever stands in public", async () => {
  await queryAsIs(
    hostile.url,
    `set default_transaction_read_only = off; begin read write;
     create function public.pg_is_in_recovery() returns boolean language sql as 'select true';
     create function public.set_config(text, text, boolean) returns text language sql as 'select null::text';
     create function public.lies(text, text) returns boolean language sql as 'select true';
     create operator public.= (function = public.lies, leftarg = text, rightarg = text); commit`,
  );
  const [row] = await queryByPool(hostile.url, "select 'a'::text = 'b'::text as same, pg_is_in_recovery() as standby");
  expect(row).toEqual({ same: false, standby: false });
});

async function settingsOf(
  query: (text: string) => Promise<Record<string, unknown>[]>,
): Promise<Record<string, unknown>> {
  const rows = await query(
    `select name, setting from pg_catalog.pg_settings s
     where s.name operator(pg_catalog.=) any ('{${NAMES.join(",")}}'::text[])`,
  );
  return Object.fromEntries(rows.map(({ name, setting }) => [String(name), setting]));
}

async function queryAsIs(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // In a message of its own: a limit of the role's may end what takes longer.
    await client.query("set statement_timeout = 0").catch(() => client.query("set statement_timeout = 0"));
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function queryByPool(url: string, text: string): Promise<Record<string, unknown>[]> {
  const pool = createPool(url, 1, "lethe-session-settings");
  try {
    return (await pool.query<Record<string, unknown>>(text)).rows;
  } finally {
    await pool.end();
  }
}

function asRole(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.username = role;
  url.password = "only-for-tests";
  return url.href;
}
