import { createDatasets } from "@lethe/datasets/create-datasets";
import { connect } from "@lethe/test-kit/connect";
import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { migrate, planMigration, requireSchema } from "./migrate.js";
import { readSteps } from "./migration-steps.js";
import { createPool, type Pool } from "./pool.js";
import { openServicePool } from "./service-pool.js";

const DECLARATION = createDatasets().database;
const NEWEST = readSteps().at(-1)?.name ?? "";

let database: TestDatabase;
let owner: Pool;
beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  owner = createPool(database.url, 2, "lethe-tests");
});
afterAll(async () => {
  await owner.end();
  await database.drop();
});
beforeEach(async () => {
  await owner.query("delete from public.lethe_migrations where name = '9999_newer'");
  await migrate(database.url, DECLARATION);
});

const addNewerStep = () =>
  owner.query("insert into public.lethe_migrations (name, run_on) values ('9999_newer', now())");
const forgetStep = (name: string) => owner.query("delete from public.lethe_migrations where name = $1", [name]);

describe("a service that starts", () => {
  it("refuses a database that a newer version has migrated, with both versions and what to do", async () => {
    await addNewerStep();
    await expect(requireSchema(database.url, DECLARATION)).rejects.toMatchObject({
      code: "schema_newer",
      message: expect.stringMatching(
        new RegExp(`its newest step is 9999_newer, this version's is ${NEWEST}, .*Start the newer version`),
      ),
    });
    const opening = openServicePool(database.url, 1, "loader", () => undefined, DECLARATION);
    await expect(opening).rejects.toMatchObject({ code: "schema_newer" });
  });

  it("leaves functions of another build with the same steps alone, which only the operator replaces", async () => {
    await owner.query("update ledger.applied_definitions set functions_sha256 = sha256('')");
    await expect(requireSchema(database.url, DECLARATION)).rejects.toMatchObject({ code: "schema_other" });
    const { rows } = await owner.query<{ same: boolean }>(
      "select functions_sha256 = sha256('') as same from ledger.applied_definitions",
    );
    expect(rows).toEqual([{ same: true }]);
    expect(await migrate(database.url, DECLARATION)).toEqual(["functions", "rights"]);
    expect(await requireSchema(database.url, DECLARATION)).toEqual([]);
  });

  it("replaces those of an older version, since its steps were applied before them", async () => {
    await owner.query(
      "update ledger.applied_definitions set functions_sha256 = sha256(''), newest_step = '0016_installation'",
    );
    expect(await requireSchema(database.url, DECLARATION)).toEqual(["functions", "rights"]);
  });

  it("applies no step that rewrites what a database holds, and says what to do", async () => {
    await owner.query(
      "insert into ledger.runs (job, kind, trigger, state) values ('products', 'files', 'cli', 'failed')",
    );
    await forgetStep("0014_values");
    expect(await planMigration(database.url)).toMatchObject({ irreversible: [{ name: "0014_values" }] });
    await expect(requireSchema(database.url, DECLARATION)).rejects.toMatchObject({
      code: "schema_older",
      message: expect.stringMatching(/0014_values rewrites warehouse\.customers.*lethe migrate --backup-taken/s),
    });
    await owner.query("delete from ledger.runs");
    expect(await planMigration(database.url)).toMatchObject({ pending: [{ name: "0014_values" }], irreversible: [] });
    await owner.query("insert into public.lethe_migrations (name, run_on) values ('0014_values', now())");
  });
});

describe("a service that works", () => {
  it("loses its connections to a migration, gets no other, and is told why", async () => {
    const told: string[] = [];
    const pool = await openServicePool(
      database.url,
      2,
      "transformer",
      () => undefined,
      DECLARATION,
      ({ code }) => void told.push(code),
    );
    try {
      await pool.query("select");
      // As a newer version does it, whose functions are others: see `applyDefinitions`.
      await owner.query("update ledger.applied_definitions set functions_sha256 = sha256('')");
      await migrate(database.url, DECLARATION);
      await expect.poll(() => sessionsOf("lethe-transformer")).toBeLessThanOrEqual(1);
      await addNewerStep();
      await owner.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lethe-transformer'",
      );
      await expect.poll(() => told[0], { timeout: 15_000 }).toBe("schema_newer");
      await expect(pool.query("select")).rejects.toMatchObject({ code: "schema_newer" });
    } finally {
      await pool.end();
    }
  });

  it("is disconnected before another build's functions take the place of its own", async () => {
    const pool = createPool(database.url, 1, "lethe-loader");
    const client = await connect(pool);
    const lost = new Promise<Error>((resolve) => client.on("error", resolve));
    await client.query("begin");
    await owner.query("update ledger.applied_definitions set functions_sha256 = sha256('')");
    expect(await migrate(database.url, DECLARATION)).toEqual(["functions", "rights"]);
    expect(await lost).toMatchObject({ code: "57P01" });
    client.release(true);
    await pool.end();
  });
});

async function sessionsOf(name: string): Promise<number> {
  const { rowCount } = await owner.query(
    "select from pg_stat_activity where application_name = $1 and datname = current_database()",
    [name],
  );
  return rowCount ?? 0;
}
