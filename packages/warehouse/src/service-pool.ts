import type { DatabaseDeclaration } from "@lethe/contracts/data-map";
import { ConfigurationError, SchemaVersionError } from "@lethe/contracts/errors";
import type { ServiceName } from "@lethe/contracts/services";
import { explainConnectionError } from "./connection-error.js";
import { functionsHash, readDefinitions } from "./definitions.js";
import { readSteps, SCRIPTS } from "./migration-steps.js";
import { createPool, hasSqlState, type Pool, type Queryable } from "./pool.js";
import { requireRights } from "./require-rights.js";
import { retryConnection } from "./retry-connection.js";
import { requireSameSchema } from "./schema-version.js";
import { toRole } from "./table-rights.js";
import { isDatabaseUnavailable } from "./unavailable.js";

/**
 * Creates a service's connection pool. Each connection requires that the database's schema is still that of this
 * version; `onOutdated` is told when it is not: then no connection can be had any more, and the service must stop. Each of its connections has the rights of the service's role, `lethe_` and its name (`sql-scripts/rights`),
 * from its first statement on, whatever else the login may do. Where the server has no such role, because nobody was
 * allowed to make it, the login's own rights are used and `onWarning` is told. Throws SchemaVersionError for a database of another version,  ConfigurationError when the role is
 * there and the login may not take it on, or when the role could do more than it must, and UnfitDatabaseError when it can do
 * less (`requireRights`).
 */
export async function openServicePool(
  databaseUrl: string,
  maxConnections: number,
  service: ServiceName,
  onWarning: (message: string) => void,
  declaration: DatabaseDeclaration,
  onOutdated: (error: SchemaVersionError) => void = () => undefined,
  // By it others see that a service is at work (`hasServices`): whoever only looks has another.
  applicationName = `lethe-${service}`,
): Promise<Pool> {
  const version = { steps: readSteps(), functionsHash: functionsHash(readDefinitions(SCRIPTS, declaration)) };
  const inspect = async (client: Queryable) => {
    try {
      await requireSameSchema(client, version);
    } catch (error) {
      // A role that may not even read it lacks rights, which `requireRights` names.
      if (hasSqlState(error) && error.code === INSUFFICIENT_PRIVILEGE) return;
      if (error instanceof SchemaVersionError) onOutdated(error);
      throw error;
    }
  };
  const pool = await retryConnection(() =>
    openPool(databaseUrl, maxConnections, service, applicationName, onWarning, inspect),
  );
  // Whoever migrates ends the open connections: a service without work finds out by the next one.
  pool.on("error", () => void pool.query("select").catch(() => undefined));
  try {
    await retryConnection(() => requireRights(pool, declaration, service));
    return pool;
  } catch (error) {
    await pool.end();
    throw isDatabaseUnavailable(error) ? explainConnectionError(databaseUrl, error) : error;
  }
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const INSUFFICIENT_PRIVILEGE = "42501";

async function openPool(
  databaseUrl: string,
  maxConnections: number,
  service: ServiceName,
  name: string,
  onWarning: (message: string) => void,
  inspect: (client: Queryable) => Promise<void>,
): Promise<Pool> {
  const role = toRole(service);
  switch (await wayInto(role, databaseUrl, name)) {
    case "take":
      return createPool(databaseUrl, maxConnections, name, role, inspect);
    case "have":
      return createPool(databaseUrl, maxConnections, name, undefined, inspect);
    case "missing":
      onWarning(
        `the database server has no role ${role}, so the service runs with all rights of its login; an administrator can create it (sql-scripts/README.md)`,
      );
      return createPool(databaseUrl, maxConnections, name, undefined, inspect);
  }
}

/** How a login comes by a role's rights: it takes the role on, it has the rights already, or there is no such role. */
async function wayInto(role: string, databaseUrl: string, name: string): Promise<"take" | "have" | "missing"> {
  const pool = createPool(databaseUrl, 1, name);
  try {
    const { rows } = await pool.query<{ isOverPrivileged: boolean; mayTake: boolean; has: boolean }>(
      `select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as "isOverPrivileged",
              pg_has_role(oid, case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end)
                as "mayTake",
              pg_has_role(oid, 'USAGE') as has
       from pg_roles where rolname = $1`,
      [role],
    );
    const found = rows[0];
    if (found === undefined) return "missing";
    if (found.isOverPrivileged) {
      throw new ConfigurationError(
        `the database role ${role} can do more than a service may: an administrator must run \`alter role ${role} nosuperuser nocreaterole nocreatedb noreplication nobypassrls\``,
      );
    }
    if (found.mayTake) return "take";
    if (found.has) return "have";
    throw new ConfigurationError(
      `the login of DATABASE_URL may not take on the role ${role}: an administrator must run \`grant ${role} to <login>\``,
    );
  } finally {
    await pool.end();
  }
}
