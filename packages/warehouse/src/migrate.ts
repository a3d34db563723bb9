import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { DatabaseDeclaration } from "@lethe/contracts/data-map";
import { ConfigurationError } from "@lethe/contracts/errors";
import { withSessionLock } from "./advisory-lock.js";
import { declaredTables, requireDeclared } from "./data-map.js";
import { applyDefinitions, type Definitions, missingDefinitions, readDefinitions } from "./definitions.js";
import { type Client, createPool, type Queryable } from "./pool.js";

const SCRIPTS = fileURLToPath(new URL("../../../sql-scripts", import.meta.url));
const MIGRATIONS_TABLE = "lethe_migrations";

/**
 * Brings a database up to date: applies the new steps of `sql-scripts/`, each once, then functions, views and rights where
 * they have changed; those of a newer version stay as they are. Takes the database's URL; returns the names of what was
 * applied. Processes that start together wait for each other on an advisory lock, so each step runs in one of them.
 *
 * Throws ConfigurationError, which says what to do, when there is something to apply and the login may not, when the database
 * has tables or columns that no declaration names, and when its steps are not those of this version.
 */
export async function migrate(databaseUrl: string, declaration: DatabaseDeclaration): Promise<string[]> {
  const pool = createPool(databaseUrl, 1, "lethe-migrate");
  try {
    const definitions = readDefinitions(SCRIPTS, declaration);
    const tables = declaredTables(declaration);
    const missing = await whatIsMissing(pool, definitions);
    if (missing.length === 0) {
      await requireDeclared(pool, tables);
      return [];
    }
    if (!(await mayChangeSchema(pool))) {
      throw new ConfigurationError(
        `the database is behind (${missing.join(", ")}) and this login may not change it: run \`lethe migrate\` with the DATABASE_URL of the database's owner, then start again`,
      );
    }
    return await withSessionLock(pool, "lethe migrate", async (client) => {
      const steps = await applySteps(client);
      await requireDeclared(client, tables);
      // Another process may have been faster, and may be of a newer version.
      const outdated = await whatIsMissing(client, definitions);
      if (outdated.length > 0) await applyDefinitions(client, definitions, outdated);
      return [...steps, ...outdated];
    });
  } finally {
    await pool.end();
  }
}

/** Names the steps that are not applied, or else what has changed beside them. Needs no right but to read. */
async function whatIsMissing(db: Queryable, definitions: Definitions): Promise<string[]> {
  const steps = readdirSync(SCRIPTS)
    .filter((file) => file.endsWith(".sql"))
    .map((file) => file.slice(0, -".sql".length))
    .sort();
  const applied = await appliedSteps(db);
  requireSameNumbering(steps, applied);
  const missing = steps.filter((step) => !applied.includes(step));
  if (missing.length > 0) return missing;
  // A newer version's steps come with definitions that this version knows nothing of.
  return applied.length > steps.length ? [] : await missingDefinitions(db, definitions);
}

async function appliedSteps(db: Queryable): Promise<string[]> {
  const table = await db.query<{ readable: boolean }>(
    "select coalesce(has_table_privilege(to_regclass($1), 'select'), false) as readable",
    [`public.${MIGRATIONS_TABLE}`],
  );
  if (table.rows[0]?.readable !== true) return [];
  const { rows } = await db.query<{ name: string }>(`select name from public.${MIGRATIONS_TABLE} order by id`);
  return rows.map(({ name }) => name);
}

function requireSameNumbering([baseline = ""]: readonly string[], [first]: readonly string[]): void {
  if (first === undefined || first === baseline) return;
  throw new ConfigurationError(
    `the database was made by a version from before the first release: its first step is ${first}, not ${baseline}. ` +
      "Nothing was changed, and there is no way to bring it up to date. Create a new database, name it in DATABASE_URL, run `lethe migrate` " +
      "and load again from the files in DATA_DIR/archived_data. Dump what you need of the old one first (pg_dump): its receipts and its suppression list are nowhere else",
  );
}

async function applySteps(client: Client): Promise<string[]> {
  // Every service asks at its start, and nearly none has anything to apply.
  const { runner } = await import("node-pg-migrate");
  const applied = await runner({
    dbClient: client,
    dir: `${SCRIPTS}/*.sql`,
    useGlob: true,
    direction: "up",
    migrationsTable: MIGRATIONS_TABLE,
    // The runner's own lock refuses instead of waiting.
    noLock: true,
    logger: SILENT,
  });
  return applied.map((step) => step.name);
}

const nothing = () => undefined;
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Reports whether the login owns what is to be changed, or may make it where nothing is there yet. */
async function mayChangeSchema(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ may: boolean }>(
    `select coalesce((select pg_has_role(relowner, 'USAGE') from pg_class where oid = to_regclass($1)),
                     has_database_privilege(current_database(), 'CREATE')) as may`,
    [`public.${MIGRATIONS_TABLE}`],
  );
  return rows[0]?.may === true;
}
