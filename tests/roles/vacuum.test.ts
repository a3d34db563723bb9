import { ConfigurationError } from "@lethe/contracts/errors";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { tablesAboutPeople } from "@lethe/warehouse/data-map";
import { requireVacuumer, vacuumErasedTables } from "@lethe/warehouse/erasures/vacuum-erased-tables";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import { openServicePool } from "@lethe/warehouse/service-pool";
import { afterAll, beforeAll, beforeEach, expect, inject, it } from "vitest";
import { createLogin, type TestLogin } from "./logins.js";

const DATABASE = createDatasets().database;

const TABLES = tablesAboutPeople(createDatasets().database);

let database: TestDatabase;
let owner: Pool;
let limited: TestLogin;
let hasMaintain: boolean;

beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  owner = createPool(database.url, 1, "lethe-e2e");
  limited = await createLogin("in role lethe_loader");
  const { rows } = await owner.query("select current_setting('server_version_num')::integer >= 170000 as maintain");
  hasMaintain = rows[0]?.maintain;
  // No other than the vacuum under test may remove what is dead.
  await owner.query("alter table ledger.quarantine set (autovacuum_enabled = off)");
});
afterAll(async () => {
  await owner.end();
  await database.drop();
  await limited.drop();
});

beforeEach(async () => {
  await owner.query(`
    insert into ledger.runs (id, job, kind, trigger, state)
    values ('00000000-0000-4000-8000-000000000001', 'customers', 'files', 'cli', 'succeeded') on conflict do nothing;
    insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
    values ('customers', 'a', '2022-01-01', 0, sha256('a'), 1, '00000000-0000-4000-8000-000000000001', 'done')
    on conflict do nothing;
    insert into ledger.quarantine (dataset, reason, run_id, file_id, message)
    select 'customers', 'schema', f.run_id, f.id, '' from ledger.files f;
    delete from ledger.quarantine`);
});

it("is of the tables that hold people's ids, emails and values", () => {
  expect(TABLES).toEqual([
    "warehouse.customers",
    "warehouse.customers_history",
    "warehouse.transactions",
    "warehouse.delivery_addresses",
    "ledger.quarantine",
  ]);
});

/** A table whose rows are all dead has pages until it is vacuumed, and none after. */
const bytesOfQuarantine = async () => {
  const { rows } = await owner.query("select pg_relation_size('ledger.quarantine') as bytes");
  return rows[0]?.bytes as number;
};

it("really happens under the loader's role on a login that owns the tables, whatever the server", async () => {
  const pool = await openServicePool(database.url, 1, "loader", failOnWarning, DATABASE);
  try {
    expect(await bytesOfQuarantine()).toBeGreaterThan(0);
    const before = new Date();
    expect((await vacuumErasedTables(pool, TABLES)).getTime()).toBeGreaterThanOrEqual(before.getTime());
    expect(await bytesOfQuarantine()).toBe(0);
    expect(await requireVacuumer(pool, TABLES)).toBe(hasMaintain ? "role" : "login");
    // The connection that left its role was not handed out again.
    const { rows } = await pool.query("select current_user");
    expect(rows).toEqual([{ current_user: "lethe_loader" }]);
  } finally {
    await pool.end();
  }
});

it("happens on a limited login where the server can grant it, and is refused aloud where it cannot", async () => {
  const pool = await openServicePool(limited.urlOf(database.url), 1, "loader", failOnWarning, DATABASE);
  try {
    expect(await bytesOfQuarantine()).toBeGreaterThan(0);
    if (hasMaintain) {
      await vacuumErasedTables(pool, TABLES);
      expect(await bytesOfQuarantine()).toBe(0);
    } else {
      await expect(vacuumErasedTables(pool, TABLES)).rejects.toThrow(ConfigurationError);
      await expect(requireVacuumer(pool, TABLES)).rejects.toThrow("must be their owner");
    }
  } finally {
    await pool.end();
  }
});

it("is refused aloud when a single table cannot be vacuumed", async () => {
  const pool = await openServicePool(limited.urlOf(database.url), 1, "loader", failOnWarning, DATABASE);
  if (hasMaintain) await owner.query("revoke maintain on warehouse.transactions from lethe_loader");
  try {
    await expect(vacuumErasedTables(pool, TABLES)).rejects.toThrow(ConfigurationError);
  } finally {
    if (hasMaintain) await owner.query("grant maintain on warehouse.transactions to lethe_loader");
    await pool.end();
  }
});

function failOnWarning(warning: string): never {
  throw new Error(`a warning: ${warning}`);
}
