import { SERVICE_NAMES, type ServiceName } from "@lethe/contracts/services";
import { createPool, inTransaction } from "./pool.js";
import { scramVerifier } from "./scram-verifier.js";
import { toRole } from "./table-rights.js";

/**
 * Creates a login for each service, named `lethe_<service>_login`, that has the rights of the service's role and no
 * more, and allows only Lethe's roles to connect to the database. If a login exists already, its password is
 * replaced. `databaseUrl` must belong to a login that may create roles and owns the database, which must be migrated.
 * The passwords must be printable ASCII. Returns the names of the logins.
 */
export async function ensureServiceLogins(
  databaseUrl: string,
  passwords: ReadonlyMap<ServiceName, string>,
): Promise<string[]> {
  const pool = createPool(databaseUrl, 1, "lethe-migrate");
  try {
    return await inTransaction(pool, async (client) => {
      const logins: string[] = [];
      for (const [service, password] of passwords) {
        const login = `${toRole(service)}_login`;
        const { rows } = await client.query<{ statement: string }>(
          `select format('%s role %I login password %L',
                         case when exists (select from pg_roles where rolname = $1::text) then 'alter' else 'create' end, $1::text, $2::text)
                  || format('; grant %I to %I', $3::text, $1::text) as statement`,
          [login, scramVerifier(password), toRole(service)],
        );
        await client.query(rows[0]?.statement ?? "");
        logins.push(login);
      }
      await client.query(LET_ONLY_ROLES_CONNECT);
      return logins;
    });
  } finally {
    await pool.end();
  }
}

const LET_ONLY_ROLES_CONNECT = `
  do $$
  begin
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to ${[...SERVICE_NAMES, "analyst"].map(toRole).join(", ")}', current_database());
    execute format('grant temporary on database %I to lethe_loader, lethe_merger', current_database());
  end $$`;
