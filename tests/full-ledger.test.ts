import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { listRuns, readLastRuns, readRun } from "@lethe/warehouse/ledger/read-runs";
import { type Client, createPool, inTransaction, type Pool } from "@lethe/warehouse/pool";
import { afterAll, beforeAll, expect, inject, it } from "vitest";

// What a person asks about a run must not cost more the more runs there have been: each is looked up by index. A planner
// that knows how few runs share the files out (one for each job, say, after the first days) would rather read them all.

const FILES_OF_A_RUN = 2_000;

let database: TestDatabase;
let pool: Pool;
let runId: string;

beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  pool = createPool(database.url, 2, "lethe-e2e");
  const { rows } = await pool.query<{ id: string }>(
    `insert into ledger.runs (job, kind, trigger, state)
     select 'transactions', 'files', 'api', 'succeeded' from generate_series(1, 3) returning id`,
  );
  const runs = rows.map(({ id }) => id);
  runId = String(runs[0]);
  await pool.query(
    `insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
     select 'transactions', 'f' || n, '2020-01-01', 0, sha256(int8send(n)), 100, ($1::uuid[])[1 + n % 3], 'open'
     from generate_series(1, $2::bigint) n`,
    [runs, FILES_OF_A_RUN * runs.length],
  );
  // A file's row is written again with each batch and when it is done; the versions before still stand in the table.
  for (const state of ["released", "open", "done"]) await pool.query("update ledger.files set state = $1", [state]);
  await pool.query("analyze ledger.runs, ledger.files");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

it.each([
  ["one run", (client: Client) => readRun(client, runId)],
  ["a page of runs", (client: Client) => listRuns(client, { limit: 1 })],
  ["each job's last run", (client: Client) => readLastRuns(client)],
])("reads no other run's files for %s", async (_what, ask) => {
  const [before, after] = await inTransaction(pool, async (client) => {
    const first = await rowsScanned(client);
    await ask(client);
    return [first, await rowsScanned(client)];
  });
  expect(after).toEqual(before);
});

/** Returns how many files' rows this connection has read without an index. */
async function rowsScanned(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ rows: number }>(
    "select seq_tup_read as rows from pg_stat_xact_user_tables where relid = 'ledger.files'::regclass",
  );
  return rows[0]?.rows;
}
