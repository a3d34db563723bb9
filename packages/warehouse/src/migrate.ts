import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ConfigurationError } from "@lethe/contracts/errors";
import { type Client, createPool } from "./pool.js";

const SCRIPTS = fileURLToPath(new URL("../../../sql-scripts", import.meta.url));
const RIGHTS = `${SCRIPTS}/rights/rights.sql`;
const MIGRATIONS_TABLE = "lethe_migrations";
/** The roles that `rights.sql` makes and grants to. */
const ROLES = [
  "lethe_scheduler",
  "lethe_extractor",
  "lethe_transformer",
  "lethe_loader",
  "lethe_merger",
  "lethe_analyst",
];

// Any number will do, as long as every process that migrates this database takes the same.
const MIGRATION_LOCK = 5_263_845_117;

/**
 * Applies the new steps of `sql-scripts/`, each once, and the roles' rights when they have changed; those of a newer version
 * stay as they are. Takes the database's
 * URL; returns the names of what was applied. Processes that start together wait for each other on an advisory lock, so
 * each step runs in one of them. Throws ConfigurationError when there is something to apply and the login may not.
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const pool = createPool(databaseUrl, 1, "lethe-migrate");
  try {
    const client = await pool.connect();
    try {
      const missing = await whatIsMissing(client);
      if (missing.length === 0) return [];
      if (!(await mayChangeSchema(client))) {
        throw new ConfigurationError(
          `the database is behind (${missing.join(", ")}) and this login may not change it: run \`lethe migrate\` with the DATABASE_URL of the database's owner, then start again`,
        );
      }
      return await applyMissing(client);
    } finally {
      client.release();
    }
  } finally {
    await pool.end();
  }
}

async function applyMissing(client: Client): Promise<string[]> {
  // Every service asks at its start, and nearly none has anything to apply.
  const { runner } = await import("node-pg-migrate");
  try {
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
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
    const names = applied.map((step) => step.name);
    // A new step may have brought tables that the script has waited for.
    if (names.length === 0 && (await hasRights(client))) return [];
    await applyRights(client);
    return [...names, "rights"];
  } finally {
    await client.query("select pg_advisory_unlock($1)", [MIGRATION_LOCK]).catch(() => undefined);
  }
}

/** Names the steps that are not applied, and the rights if they are not those of this version. Needs no right but to read. */
async function whatIsMissing(client: Client): Promise<string[]> {
  const steps = readdirSync(SCRIPTS)
    .filter((file) => file.endsWith(".sql"))
    .map((file) => file.slice(0, -".sql".length))
    .sort();
  const table = await client.query<{ readable: boolean }>(
    "select coalesce(has_table_privilege(to_regclass($1), 'select'), false) as readable",
    [`public.${MIGRATIONS_TABLE}`],
  );
  if (table.rows[0]?.readable !== true) return steps;
  const { rows } = await client.query<{ name: string }>(`select name from public.${MIGRATIONS_TABLE}`);
  const applied = new Set(rows.map(({ name }) => name));
  const missing = steps.filter((step) => !applied.has(step));
  if (missing.length > 0) return missing;
  // A newer version's steps come with rights that this version knows nothing of.
  const isOlder = applied.size > steps.length;
  return isOlder || (await hasRights(client)) ? [] : ["rights"];
}

/** Reports whether the rights are those of this version's script, for the roles that the server has now. */
async function hasRights(client: Client): Promise<boolean> {
  const { rows } = await client.query(
    `select from ledger.applied_rights
     where script_sha256 = $1 and roles = array(${SELECT_ROLES})`,
    [rightsHash(), ROLES],
  );
  return rows.length === 1;
}

async function applyRights(client: Client): Promise<void> {
  try {
    await client.query("begin");
    await client.query(readFileSync(RIGHTS, "utf8"));
    await client.query(
      `insert into ledger.applied_rights (script_sha256, roles) values ($1, array(${SELECT_ROLES}))
       on conflict (only_row) do update
       set script_sha256 = excluded.script_sha256, roles = excluded.roles, applied_at = clock_timestamp()`,
      [rightsHash(), ROLES],
    );
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

const SELECT_ROLES = "select rolname::text from pg_roles where rolname = any ($2) order by rolname";

function rightsHash(): Buffer {
  return createHash("sha256").update(readFileSync(RIGHTS)).digest();
}

/** Reports whether the login owns what is to be changed, or may make it where nothing is there yet. */
async function mayChangeSchema(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(
    `select coalesce((select pg_has_role(relowner, 'USAGE') from pg_class where oid = to_regclass($1)),
                     has_database_privilege(current_database(), 'CREATE')) as may`,
    [`public.${MIGRATIONS_TABLE}`],
  );
  return rows[0]?.may === true;
}

const nothing = () => undefined;
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };
