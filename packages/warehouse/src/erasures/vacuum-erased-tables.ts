import { ConfigurationError } from "@lethe/contracts/errors";
import { type Client, type Pool, type Queryable, withConnection } from "../pool.js";

/**
 * Removes dead row versions from the tables that an erasure masks, so that the old values are no longer in their pages'
 * line of sight, and has the planner take its samples anew, which hold values of columns too (`pg_stats`). Returns when it
 * was done. Cannot run in a transaction. Throws ConfigurationError when a table was not vacuumed for want of a right:
 * PostgreSQL itself would only warn; and TransientError when the connection is lost.
 */
export async function vacuumErasedTables(pool: Pool, tables: readonly string[]): Promise<Date> {
  // Its connection is closed in the end: one that has left its role is not lent to the next.
  return withConnection(pool, (client) => vacuum(client, tables), { spent: "spent" });
}

async function vacuum(client: Client, tables: readonly string[]): Promise<Date> {
  const warnings: string[] = [];
  client.on("notice", ({ code }: { code: string | undefined }) => {
    if (code?.startsWith(WARNING_CLASS)) warnings.push(code);
  });
  const vacuumer = await requireVacuumer(client, tables);
  // The login owns the tables; the role that the connection was opened with does not.
  if (vacuumer === "login") await client.query("set role none");
  for (const table of tables) await client.query(`vacuum (analyze) ${table}`);
  if (warnings.length > 0) throw new ConfigurationError(`a table was not vacuumed (${warnings.join(", ")})`);
  return new Date();
}

/**
 * Reports who of a connection may vacuum the tables: the role that it has taken on, or else the login behind it.
 * Throws ConfigurationError when neither may, so that a service can say so as it starts.
 */
export async function requireVacuumer(db: Queryable, tables: readonly string[]): Promise<"role" | "login"> {
  const { rows } = await db.query<{ role: boolean; login: boolean }>(SELECT_VACUUMERS, [tables]);
  if (rows[0]?.role === true) return "role";
  if (rows[0]?.login === true) return "login";
  throw new ConfigurationError(
    "erasures cannot vacuum the tables that they mask: the login needs MAINTAIN on them (PostgreSQL 17 and newer; `lethe migrate` grants it to lethe_loader), or must be their owner",
  );
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const WARNING_CLASS = "01";

// Who may: the table's or the database's owner, superusers, and since PostgreSQL 17 who has MAINTAIN.
// https://www.postgresql.org/docs/current/sql-vacuum.html
const mayVacuum = (who: string) => `
  bool_and(pg_has_role(${who}, c.relowner, 'USAGE') or pg_has_role(${who}, d.datdba, 'USAGE')
           or case when current_setting('server_version_num')::integer >= 170000
                   then has_table_privilege(${who}, c.oid, 'MAINTAIN') else false end)`;
const SELECT_VACUUMERS = `
  select ${mayVacuum("current_user")} as role, ${mayVacuum("session_user")} as login
  from pg_class c cross join pg_database d
  where c.oid = any ($1::text[]::regclass[]) and d.datname = current_database()`;
