import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { DatabaseDeclaration } from "@lethe/contracts/data-map";
import { ConfigurationError, UnfitDatabaseError } from "@lethe/contracts/errors";
import { withSessionLock } from "./advisory-lock.js";
import { declaredTables, requireDeclared } from "./data-map.js";
import { applyDefinitions, type Definitions, missingDefinitions, readDefinitions } from "./definitions.js";
import { type Client, createPool, type Queryable } from "./pool.js";
import { requireDatabase } from "./require-database.js";

const SCRIPTS = fileURLToPath(new URL("../../../sql-scripts", import.meta.url));
const MIGRATIONS_TABLE = "lethe_migrations";

/**
 * Checks that Lethe can work with a database (`requireDatabase`) and brings it up to date: applies the new steps of
 * `sql-scripts/`, each once, then functions, views and rights where they have changed; those of a newer version stay as they
 * are. Takes the database's URL; returns the names of what was applied. Processes that start together wait for each other on
 * an advisory lock, so each step runs in one of them.
 *
 * Throws what `requireDatabase` throws; UnfitDatabaseError, which says what to do, when there is something to apply and the
 * login may not; and ConfigurationError when the database has tables or columns that no declaration names, and when its steps
 * are not those of this version.
 */
export async function migrate(databaseUrl: string, declaration: DatabaseDeclaration): Promise<string[]> {
  await requireDatabase(databaseUrl);
  const pool = createPool(databaseUrl, 1, "lethe-migrate");
  try {
    const definitions = readDefinitions(SCRIPTS, declaration);
    const tables = declaredTables(declaration);
    const missing = await whatIsMissing(pool, definitions);
    if (missing.length === 0) {
      await requireDeclared(pool, tables);
      return [];
    }
    const refusal = await whyNotChange(pool);
    if (refusal !== undefined) {
      throw new UnfitDatabaseError(
        "database_rights",
        `the database is behind (${missing.join(", ")}) and this login may not change it, since ${refusal}: run \`lethe migrate\` with the DATABASE_URL of the database's owner, then start again`,
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
  const table = await db.query<{ isReadable: boolean; login: string }>(
    `select has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as "isReadable",
            quote_ident(current_user) as login
     from ${FIND_MIGRATIONS_TABLE}`,
    [MIGRATIONS_TABLE],
  );
  const [found] = table.rows;
  if (found === undefined) return [];
  if (!found.isReadable) {
    throw new UnfitDatabaseError(
      "database_rights",
      `${found.login} may not read the list of applied steps, public.${MIGRATIONS_TABLE}: run \`lethe migrate\` with the DATABASE_URL of the database's owner, and give each service a login that may take its role on (sql-scripts/README.md)`,
    );
  }
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

/** Returns which right the login lacks that changing the schema takes, or making it where nothing is there yet. */
async function whyNotChange(db: Queryable): Promise<string | undefined> {
  const { rows } = await db.query<ChangeRights>(SELECT_CHANGE_RIGHTS, [MIGRATIONS_TABLE]);
  const [rights] = rows;
  if (rights === undefined) return "it has no rights in it";
  const { database, login } = rights;
  if (rights.isOwner === false) return `the tables of Lethe belong to another role than ${login}`;
  if (rights.isOwner === true) return undefined;
  if (!rights.mayCreateSchemas) {
    return `${login} has no CREATE right on the database (\`grant create on database ${database} to ${login}\` gives it)`;
  }
  if (rights.mayCreateInPublic === null) {
    return "the database has no schema public, where Lethe keeps the list of applied steps (`create schema public` makes it)";
  }
  if (!rights.mayCreateInPublic) {
    return `${login} has no CREATE right on the schema public (\`grant usage, create on schema public to ${login}\` gives it)`;
  }
  return undefined;
}

// `to_regclass` fails for want of a right to the schema.
const FIND_MIGRATIONS_TABLE =
  "pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relname = $1";

interface ChangeRights {
  readonly database: string;
  readonly login: string;
  /** Null where nothing is there yet. */
  readonly isOwner: boolean | null;
  readonly mayCreateSchemas: boolean;
  /** Null where there is no such schema. */
  readonly mayCreateInPublic: boolean | null;
}

const SELECT_CHANGE_RIGHTS = `
  select quote_ident(current_database()) as database, quote_ident(current_user) as login,
         (select pg_has_role(c.relowner, 'USAGE') from ${FIND_MIGRATIONS_TABLE}) as "isOwner",
         has_database_privilege(current_database(), 'CREATE') as "mayCreateSchemas",
         (select has_schema_privilege(oid, 'USAGE') and has_schema_privilege(oid, 'CREATE')
          from pg_namespace where nspname = 'public') as "mayCreateInPublic"`;
