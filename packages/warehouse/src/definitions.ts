import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { DATABASE_ROLES, type DatabaseDeclaration } from "@lethe/contracts/data-map";
import { ConfigurationError } from "@lethe/contracts/errors";
import { SERVICE_NAMES } from "@lethe/contracts/services";
import { createAnalyticsViews } from "./analytics-views.js";
import { declaredTables } from "./data-map.js";
import { endSessions, requireEndable } from "./end-sessions.js";
import { type Client, hasSqlState, type Queryable } from "./pool.js";
import { stagingColumns } from "./staging-columns.js";
import { grantRights, toRole } from "./table-rights.js";

/** What a database has beside its tables, as statements that may be applied any number of times. */
export interface Definitions {
  readonly functions: string;
  /** Roles, views, and what each role may do. */
  readonly rights: string;
}

/** The roles that Lethe creates and grants to. */
const ROLES = [...DATABASE_ROLES, "analyst"].map(toRole);

/** Reads the scripts below a folder, and adds what follows from the declarations. */
export function readDefinitions(folder: string, declaration: DatabaseDeclaration): Definitions {
  const values = new Map([
    ["roles", listOf(ROLES)],
    ["roles of services", listOf(SERVICE_NAMES.map(toRole))],
    ...declaration.stagingTables.map((table) => [`columns of ${table.name}`, stagingColumns(table)] as const),
  ]);
  const read = (script: string) => fillIn(readFileSync(`${folder}/${script}`, "utf8"), values);
  const functions = readdirSync(`${folder}/functions`).filter((file) => file.endsWith(".sql"));
  return {
    functions: functions
      .sort()
      .map((file) => read(`functions/${file}`))
      .join("\n"),
    rights: [
      read("rights/roles.sql"),
      createAnalyticsViews(declaredTables(declaration)),
      grantRights(declaration),
      read("rights/merge-transactions.sql"),
      read("rights/add-correction.sql"),
    ].join("\n"),
  };
}

/**
 * Returns the names of the definitions, `functions` and `rights`, that must be applied, and whether those that are there are another
 * build's of a version with the same newest step, so that nobody knows which is newer. Rights must also be applied
 * again if the set of Lethe's roles on the server has changed, and whenever functions must be.
 */
export async function missingDefinitions(
  db: Queryable,
  definitions: Definitions,
  newestStep: string,
): Promise<{ missing: string[]; areOtherBuilds: boolean }> {
  const { rows } = await db.query<{
    hasFunctions: boolean;
    hasRights: boolean;
    hasRoles: boolean;
    isSameStep: boolean;
  }>(
    `select functions_sha256 = $1 as "hasFunctions", rights_sha256 = $2 as "hasRights",
            roles = array(${SELECT_ROLES}) as "hasRoles", newest_step is not distinct from $4 as "isSameStep"
     from ledger.applied_definitions`,
    [...parametersOf(definitions), newestStep],
  );
  const [found] = rows;
  if (found === undefined) return { missing: ["functions", "rights"], areOtherBuilds: false };
  const { hasFunctions, hasRights, hasRoles, isSameStep } = found;
  const missing = hasFunctions ? (hasRights && hasRoles && isSameStep ? [] : ["rights"]) : ["functions", "rights"];
  return { missing, areOtherBuilds: isSameStep && !(hasFunctions && hasRights) };
}

/**
 * Applies what is missing of the definitions, in one transaction. Functions that are as they should be are left alone: who
 * gives the rights may not be the superuser that gave the functions away.
 */
export async function applyDefinitions(
  client: Client,
  definitions: Definitions,
  missing: readonly string[],
  newestStep: string,
): Promise<void> {
  const replacesFunctions = missing.includes("functions");
  if (replacesFunctions) await requireEndable(client);
  try {
    await client.query("begin");
    if (replacesFunctions) {
      // As with a new step: whoever connects from here on waits, and sees the new ones.
      await client.query("lock table ledger.applied_definitions in access exclusive mode");
      await endSessions(client);
      await replaceFunctions(client, definitions.functions);
    }
    await client.query(definitions.rights);
    await client.query(
      `insert into ledger.applied_definitions (functions_sha256, rights_sha256, roles, newest_step)
       values ($1, $2, array(${SELECT_ROLES}), $4)
       on conflict (only_row) do update
       set functions_sha256 = excluded.functions_sha256, rights_sha256 = excluded.rights_sha256, roles = excluded.roles,
           newest_step = excluded.newest_step, applied_at = clock_timestamp()`,
      [...parametersOf(definitions), newestStep],
    );
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

/** Returns the hash of the functions, by which a service sees that they are still those of its version. */
export function functionsHash({ functions }: Definitions): Buffer {
  return hashOf(functions);
}

async function replaceFunctions(client: Client, functions: string): Promise<void> {
  try {
    await client.query(functions);
  } catch (error) {
    if (!hasSqlState(error) || error.code !== INSUFFICIENT_PRIVILEGE) throw error;
    throw new ConfigurationError(
      "the functions that merge transactions belong to lethe_merger, and only a superuser can replace them: run `lethe migrate` with a superuser's DATABASE_URL",
      { cause: error },
    );
  }
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const INSUFFICIENT_PRIVILEGE = "42501";

const SELECT_ROLES = "select rolname::text from pg_roles where rolname = any ($3) order by rolname";

function parametersOf({ functions, rights }: Definitions): unknown[] {
  return [hashOf(functions), hashOf(rights), ROLES];
}

function hashOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Puts values in the places of their names, which stand in braces. Throws Error for a name that has none. */
function fillIn(script: string, values: ReadonlyMap<string, string>): string {
  return script.replace(/\{([a-z_ ]+)\}/g, (_place, name: string) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`a script of sql-scripts/ asks for {${name}}, which nothing declares`);
    return value;
  });
}

function listOf(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(", ");
}
