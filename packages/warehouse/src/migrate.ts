import type { DatabaseDeclaration } from "@lethe/contracts/data-map";
import { ConfigurationError, UnfitDatabaseError } from "@lethe/contracts/errors";
import { withSessionLock } from "./advisory-lock.js";
import { declaredTables, requireDeclared } from "./data-map.js";
import { applyDefinitions, type Definitions, missingDefinitions, readDefinitions } from "./definitions.js";
import { endSessions, requireEndable } from "./end-sessions.js";
import { readSteps, SCRIPTS, type Step } from "./migration-steps.js";
import { type Client, createPool, type Pool, type Queryable } from "./pool.js";
import { requireDatabase } from "./require-database.js";
import { retryConnection } from "./retry-connection.js";
import { behind, newestStep, otherDefinitions, requireNoNewer } from "./schema-version.js";

const MIGRATIONS_TABLE = "lethe_migrations";

/** What it takes to bring a database to this version. */
export interface MigrationPlan {
  readonly applied: readonly string[];
  readonly pending: readonly Step[];
  /** Steps that change or remove what is there, in a database that holds data: there is no way back from them but a backup. */
  readonly irreversible: readonly Step[];
  readonly newestStep: string;
}

/**
 * Checks that Lethe can work with a database (`requireDatabase`) and brings it up to date, as its operator asks for: applies the
 * new steps of `sql-scripts/`, each once and all or none, then functions, views and rights where they have changed. Takes the
 * database's URL; returns the names of what was applied. Processes that start together wait for each other on an advisory lock, so
 * each step runs in one of them. Services that are at work lose their connections, and find that they are of another version.
 *
 * Throws what `requireDatabase` throws; UnfitDatabaseError, which says what to do, when there is something to apply and the
 * login may not; SchemaVersionError when a newer version has migrated the database; and ConfigurationError when the database has
 * tables or columns that no declaration names, and when its steps are not those of this version.
 */
export async function migrate(databaseUrl: string, declaration: DatabaseDeclaration): Promise<string[]> {
  return bringUpToDate(databaseUrl, declaration, () => undefined);
}

/**
 * Does what `migrate` does as far as a service may without its operator's word, and throws SchemaVersionError for the rest: steps
 * that change or remove what is there in a database that holds data, and functions and rights of another build with the same steps, which
 * would otherwise be flipped back and forth by services of both.
 */
export async function requireSchema(databaseUrl: string, declaration: DatabaseDeclaration): Promise<string[]> {
  return bringUpToDate(databaseUrl, declaration, ({ applied, pending, irreversible }, definitions) => {
    if (irreversible.length > 0) throw behind(readSteps(), applied, pending);
    if (definitions.areOtherBuilds) throw otherDefinitions(readSteps(), definitions.missing);
  });
}

/** Returns what `migrate` would do. Throws what that throws about the database's steps. */
export async function planMigration(databaseUrl: string): Promise<MigrationPlan> {
  return withMigrationPool(databaseUrl, (pool) => readPlan(pool));
}

/** Throws SchemaVersionError when the database's steps are not those of this version; a database without any is none of Lethe's yet. */
export async function requireStepsOfThisVersion(db: Queryable): Promise<void> {
  const steps = readSteps();
  const applied = await appliedSteps(db);
  if (applied.length === 0) return;
  requireSameNumbering(steps, applied);
  requireNoNewer(steps, applied);
  const missing = steps.filter(({ name }) => !applied.includes(name));
  if (missing.length > 0) throw behind(steps, applied, missing);
}

interface MissingDefinitions {
  readonly missing: readonly string[];
  readonly areOtherBuilds: boolean;
}

async function bringUpToDate(
  databaseUrl: string,
  declaration: DatabaseDeclaration,
  requireAllowed: (plan: MigrationPlan, definitions: MissingDefinitions) => void,
): Promise<string[]> {
  await requireDatabase(databaseUrl);
  // The database is there; a connection that is lost on the way rolls back what was begun.
  return retryConnection(() => bringPoolUpToDate(databaseUrl, declaration, requireAllowed));
}

async function bringPoolUpToDate(
  databaseUrl: string,
  declaration: DatabaseDeclaration,
  requireAllowed: (plan: MigrationPlan, definitions: MissingDefinitions) => void,
): Promise<string[]> {
  return withMigrationPool(databaseUrl, async (pool) => {
    const definitions = readDefinitions(SCRIPTS, declaration);
    const tables = declaredTables(declaration);
    const { plan, lacking } = await whatIsMissing(pool, definitions);
    const missing = namesOf(plan, lacking);
    if (missing.length === 0) {
      await requireDeclared(pool, tables);
      return [];
    }
    const refusal = await whyNotChange(pool);
    if (refusal !== undefined) {
      throw new UnfitDatabaseError(
        "database_rights",
        `the database is behind (${missing.join(", ")}) and this login may not change it, since ${refusal}: run \`lethe migrate\` with the DATABASE_URL of the database's owner, then start again. The database's newest step is ${plan.applied.at(-1) ?? "none"}, this version's is ${plan.newestStep}`,
      );
    }
    return await withSessionLock(pool, "lethe migrate", async (client) => {
      // Another process may have been faster, and may be of a newer version.
      const now = await whatIsMissing(client, definitions);
      requireAllowed(now.plan, now.lacking);
      const steps = now.plan.pending.length === 0 ? [] : await applySteps(client, now.plan);
      await requireDeclared(client, tables);
      const { lacking: outdated } = await whatIsMissing(client, definitions);
      if (outdated.missing.length > 0)
        await applyDefinitions(client, definitions, outdated.missing, now.plan.newestStep);
      return [...steps, ...outdated.missing];
    });
  });
}

async function withMigrationPool<T>(databaseUrl: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = createPool(databaseUrl, 1, "lethe-migrate");
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

async function readPlan(db: Queryable): Promise<MigrationPlan> {
  const steps = readSteps();
  const applied = await appliedSteps(db);
  requireSameNumbering(steps, applied);
  requireNoNewer(steps, applied);
  const pending = steps.filter(({ name }) => !applied.includes(name));
  const heavy = pending.filter(({ effect }) => effect !== undefined);
  const irreversible = heavy.length > 0 && (await holdsData(db, applied)) ? heavy : [];
  return { applied, pending, irreversible, newestStep: newestStep(steps) };
}

/** Reads the steps that are not applied, or else what has changed beside them. Needs no right but to read. */
async function whatIsMissing(
  db: Queryable,
  definitions: Definitions,
): Promise<{ plan: MigrationPlan; lacking: MissingDefinitions }> {
  const plan = await readPlan(db);
  if (plan.pending.length > 0) return { plan, lacking: { missing: [], areOtherBuilds: false } };
  return { plan, lacking: await missingDefinitions(db, definitions, plan.newestStep) };
}

function namesOf({ pending }: MigrationPlan, { missing }: MissingDefinitions): string[] {
  return pending.length > 0 ? pending.map(({ name }) => name) : [...missing];
}

/** Reports whether anything was ever loaded: then a step that rewrites tables has something to lose. */
async function holdsData(db: Queryable, applied: readonly string[]): Promise<boolean> {
  if (applied.length === 0) return false;
  const { rows } = await db.query<{ holds: boolean }>("select exists (select from ledger.runs) as holds");
  return rows[0]?.holds === true;
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

function requireSameNumbering([baseline]: readonly Step[], [first]: readonly string[]): void {
  if (first === undefined || first === baseline?.name) return;
  throw new ConfigurationError(
    `the database was made by a version from before the first release: its first step is ${first}, not ${baseline?.name}. ` +
      "Nothing was changed, and there is no way to bring it up to date. Create a new database, name it in DATABASE_URL, run `lethe migrate` " +
      "and load again from the files in DATA_DIR/archived_data. Dump what you need of the old one first (pg_dump): its receipts and its suppression list are nowhere else",
  );
}

/** Applies the steps in one transaction, from the start of which no service works with the database as it was. */
async function applySteps(client: Client, plan: MigrationPlan): Promise<string[]> {
  // Every service asks at its start, and nearly none has anything to apply.
  const { runner } = await import("node-pg-migrate");
  if (plan.applied.length > 0) await requireEndable(client);
  try {
    await client.query("begin");
    if (plan.applied.length > 0) {
      // New connections of services read this list, and wait here until they see the new one.
      await client.query(`lock table public.${MIGRATIONS_TABLE} in access exclusive mode`);
      await endSessions(client);
    }
    const applied = await runner({
      dbClient: client,
      dir: `${SCRIPTS}/*.sql`,
      useGlob: true,
      direction: "up",
      migrationsTable: MIGRATIONS_TABLE,
      // The transaction is the one that has begun.
      singleTransaction: true,
      // The runner's own lock refuses instead of waiting.
      noLock: true,
      logger: SILENT,
    });
    await client.query("commit");
    return applied.map((step) => step.name);
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
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
