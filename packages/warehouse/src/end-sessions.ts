import { ConfigurationError } from "@lethe/contracts/errors";
import { SERVICE_NAMES } from "@lethe/contracts/services";
import type { Queryable } from "./pool.js";

const NAMES = [...SERVICE_NAMES.map((name) => `lethe-${name}`), "lethe-cli"];

const OTHERS = `
  from pg_stat_activity
  where datname = current_database() and application_name = any ($1) and pid <> pg_backend_pid()`;

/**
 * Requires that this login may end the sessions of services and commands that are at work on its database. Throws ConfigurationError, which
 * names them.
 */
export async function requireEndable(db: Queryable): Promise<void> {
  const { rows } = await db.query<{ name: string }>(
    `select distinct application_name as name ${OTHERS}
       and not (select rolsuper from pg_roles where rolname = current_user)
       and not pg_has_role(usesysid, 'usage') and not pg_has_role('pg_signal_backend', 'usage')
     order by 1`,
    [NAMES],
  );
  if (rows.length === 0) return;
  throw new ConfigurationError(
    `services or commands are at work on the database (${rows.map(({ name }) => name).join(", ")}) that this login may not disconnect: ` +
      "stop them first, or run `lethe migrate` with a superuser's DATABASE_URL",
  );
}

/**
 * Ends the sessions of services and commands on the database. What they had not committed is rolled back; with their next connection
 * they find a schema of another version, and stop.
 */
export async function endSessions(db: Queryable): Promise<void> {
  await db.query(`select pg_terminate_backend(pid) ${OTHERS}`, [NAMES]);
}
