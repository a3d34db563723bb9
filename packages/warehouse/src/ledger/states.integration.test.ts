import { ACTIVE_RUN_STATES, PENDING_BATCH_STATES } from "@lethe/contracts/runs";
import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createPool, type Pool } from "../pool.js";

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  pool = createPool(database.url, 1, "lethe-states");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Returns the states that the partial indexes of a table name, a list for each index. */
async function statesOfPartialIndexes(table: string): Promise<string[][]> {
  const { rows } = await pool.query<{ predicate: string }>(
    `select pg_get_expr(indpred, indrelid) as predicate from pg_index
     where indrelid = $1::regclass and pg_get_expr(indpred, indrelid) like '%state%'`,
    [table],
  );
  return rows.map(({ predicate }) => [...predicate.matchAll(/'(\w+)'/g)].map(([, state]) => state ?? ""));
}

// PostgreSQL uses a partial index, and `on conflict` finds one, only where the statement's condition is the index's.
it("names the active states of runs as their partial indexes do", async () => {
  expect(await statesOfPartialIndexes("ledger.runs")).toContainEqual([...ACTIVE_RUN_STATES]);
});

it("names the pending states of batches as their partial indexes do", async () => {
  expect(await statesOfPartialIndexes("ledger.batches")).toContainEqual([...PENDING_BATCH_STATES]);
});
