import { fileURLToPath } from "node:url";
import { runner } from "node-pg-migrate";
import { createPool } from "./pool.js";

const SCRIPTS = fileURLToPath(new URL("../../../sql-scripts", import.meta.url));

// Any number will do, as long as every process that migrates this database takes the same.
const MIGRATION_LOCK = 5_263_845_117;

/**
 * Applies the new steps of `sql-scripts/`, each once. Takes the database's URL; gives the names of what was applied.
 * Processes that start together wait for each other on an advisory lock, so each step runs in one of them.
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const pool = createPool(databaseUrl, 1, "lethe-migrate");
  try {
    const client = await pool.connect();
    try {
      await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
      const applied = await runner({
        dbClient: client,
        dir: `${SCRIPTS}/*.sql`,
        useGlob: true,
        direction: "up",
        migrationsTable: "lethe_migrations",
        // The runner's own lock refuses instead of waiting.
        noLock: true,
        logger: SILENT,
      });
      return applied.map((step) => step.name);
    } finally {
      await client.query("select pg_advisory_unlock($1)", [MIGRATION_LOCK]).catch(() => undefined);
      client.release();
    }
  } finally {
    await pool.end();
  }
}

const nothing = () => undefined;
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };
