import { randomBytes } from "node:crypto";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { HOSTILE_ACCESS_METHOD, makeHostile } from "@lethe/test-kit/hostile-settings";
import { goldenFile, KNOWN_HOUR_SETTINGS, loadKnownHour, resultOfKnownHour } from "@lethe/test-kit/known-hour";
import { COUNTED_DATASETS } from "@lethe/test-kit/plain-count";
import { createDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { openWorld, type World } from "@lethe/test-kit/world";
import { migrate } from "@lethe/warehouse/migrate";
import { createPool } from "@lethe/warehouse/pool";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

// All of Lethe, on databases that are set up in ways that it must not notice. They have no table at first.

const ROLE = `lethe_test_${randomBytes(6).toString("hex")}`;
const PASSWORD = randomBytes(12).toString("hex");

/** Functions, operators and tables of somebody's own that take the place of PostgreSQL's where a search path lets them. */
const HOSTILE_PUBLIC = `
  create function public.now() returns timestamptz language sql as $$ select 'epoch'::timestamptz $$;
  create function public.clock_timestamp() returns timestamptz language sql as $$ select 'epoch'::timestamptz $$;
  create function public.hashtextextended(text, bigint) returns bigint language sql as $$ select 0::bigint $$;
  create function public.hashtextextended(text, integer) returns bigint language sql as $$ select 0::bigint $$;
  create function public.lower(varchar) returns text language sql as $$ select 'lowered'::text $$;
  create function public.sha256(text) returns bytea language sql as $$ select ''::bytea $$;
  create function public.lie(text, text) returns boolean language sql as $$ select false $$;
  create operator public.= (function = public.lie, leftarg = text, rightarg = text);
  create function public.lie(bigint, integer) returns boolean language sql as $$ select false $$;
  create operator public.> (function = public.lie, leftarg = bigint, rightarg = integer);
  create table public.stage_quarantine (nothing text);
  create table public.stage_rejects (nothing text);
  create table public.runs (nothing text);
  create schema ${ROLE};
  create table ${ROLE}.stage_rejects (nothing text);
  create table ${ROLE}.lethe_migrations (nothing text);`;

beforeAll(() => onServer(inject("databaseUrl"), `create role ${ROLE} superuser login password '${PASSWORD}'`));
afterAll(() => onServer(inject("databaseUrl"), `drop role ${ROLE}`));

describe.each<[string, () => Promise<TestDatabase>]>([
  ["with hostile settings of the database and of the role", hostileDatabase],
  ["that sorts and folds case as Turkish does, by ICU", () => localeDatabase("locale_provider icu icu_locale 'tr-TR'")],
  ["of the C locale", () => localeDatabase("locale 'C'")],
])("a database %s", (_what, create) => {
  let world: World;
  let results: Readonly<Record<string, string>>;
  beforeAll(async () => {
    const database = await create();
    await migrate(asRole(database.url), createDatasets().database);
    const settings = { ...KNOWN_HOUR_SETTINGS, DATABASE_URL: asRole(database.url) };
    world = await openWorld({ database, settings });
    const runs = await loadKnownHour(world);
    const entries = COUNTED_DATASETS.map(async (each) => [each, await resultOfKnownHour(world, each, runs[each])]);
    results = Object.fromEntries(await Promise.all(entries));
  });
  afterAll(() => world.close());

  it.each(COUNTED_DATASETS)("makes of the known hour's %s what any other does", async (dataset) => {
    expect(results[dataset]).toBe(await goldenFile(dataset));
  });

  it("erases what is verified, and exports what is held on somebody else", async () => {
    expect(await world.lethe("erasure", "verify")).toMatchObject({ code: 0 });
    const { rows } = await world.pool.query<{ id: string; email: string; first_name: string; day: string }>(
      `select id, email, first_name, to_char(source_partition, 'YYYY-MM-DD') as day
       from warehouse.customers where erased_at is null order by id limit 1`,
    );
    const [person] = rows;
    if (person === undefined) throw new Error("somebody is left");
    const { status, body } = await world.api("POST", "/subjects/export", {
      customerId: person.id,
      email: person.email,
    });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toMatchObject({
      tables: expect.arrayContaining([
        expect.objectContaining({
          table: "warehouse.customers",
          rows: [
            expect.objectContaining({
              date: expect.stringMatching(new RegExp(`^${person.day}T\\d\\d:00:00Z$`)),
              data: expect.objectContaining({ id: person.id, first_name: person.first_name }),
            }),
          ],
        }),
      ]),
    });
  });
});

async function hostileDatabase(): Promise<TestDatabase> {
  const database = await createDatabase(inject("databaseUrl"));
  const [server] = await onServer(database.url, "show server_version_num");
  const version = Number(server?.server_version_num);
  await onServer(database.url, HOSTILE_ACCESS_METHOD);
  await onServer(database.url, HOSTILE_PUBLIC);
  await onServer(database.url, makeHostile(`role ${ROLE} in database ${nameOf(database)}`, version));
  await onServer(database.url, makeHostile(`database ${nameOf(database)}`, version));
  return database;
}

function localeDatabase(locale: string): Promise<TestDatabase> {
  return createDatabase(inject("databaseUrl"), `template template0 encoding 'UTF8' ${locale}`);
}

const nameOf = ({ url }: TestDatabase) => new URL(url).pathname.slice(1);

function asRole(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.username = ROLE;
  url.password = PASSWORD;
  return url.href;
}

async function onServer(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const pool = createPool(url, 1, "lethe-e2e");
  try {
    return (await pool.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await pool.end();
  }
}
