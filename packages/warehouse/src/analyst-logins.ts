import { ConfigurationError, InvalidInputError, NotFoundError } from "@lethe/contracts/errors";
import { hasSqlState, inTransaction, type Pool } from "./pool.js";
import { scramVerifier } from "./scram-verifier.js";
import { toRole } from "./table-rights.js";

const ANALYSTS = toRole("analyst");

/** A login of the database that has an analyst's rights. */
export interface AnalystLogin {
  readonly name: string;
  /** Connections that it has open. */
  readonly connections: number;
}

/**
 * Creates a login that reads the views of schema `analytics` and nothing else, and finds them without naming the schema. The password
 * must be printable ASCII. `pool` must belong to a login that may create roles. Throws InvalidInputError for a name that cannot be a
 * login or is taken, and ConfigurationError when the database has no analysts' role or the login may not create others.
 */
export async function createAnalystLogin(pool: Pool, name: string, password: string): Promise<void> {
  requireLoginName(name);
  await explained(() =>
    inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ hasRole: boolean; isTaken: boolean }>(
        `select exists (select from pg_roles where rolname = $1) as "hasRole",
                exists (select from pg_roles where rolname = $2) as "isTaken"`,
        [ANALYSTS, name],
      );
      if (rows[0]?.hasRole !== true) throw new ConfigurationError(NO_ROLE);
      if (rows[0].isTaken) {
        throw new InvalidInputError(
          `the database has a login or role "${name}" already: choose another name, or see \`lethe analyst list\``,
        );
      }
      const made = await client.query<{ statement: string }>(
        `select format('create role %I login inherit password %L; grant %I to %I; ', $1::text, $2::text, $3::text, $1::text)
                || format('alter role %I set search_path = analytics; alter role %I set default_transaction_read_only = on; ', $1::text, $1::text)
                || format('grant connect on database %I to %I', current_database(), $3::text) as statement`,
        [name, scramVerifier(password), ANALYSTS],
      );
      await client.query(made.rows[0]?.statement ?? "");
    }),
  );
}

/** Lists the logins with an analyst's rights by name. */
export async function listAnalystLogins(pool: Pool): Promise<AnalystLogin[]> {
  const { rows } = await pool.query<AnalystLogin>(
    `select r.rolname::text as name,
            (select count(*)::int from pg_stat_activity a where a.usesysid = r.oid) as connections
     from pg_auth_members m join pg_roles r on r.oid = m.member
     where m.roleid = to_regrole($1) and r.rolcanlogin and not r.rolsuper
     group by r.oid, r.rolname order by r.rolname`,
    [ANALYSTS],
  );
  return rows;
}

/**
 * Drops a login with an analyst's rights; what it has open is closed, where `pool`'s login may do that, and can read nothing any more in
 * any case. Throws NotFoundError for any other name.
 */
export async function dropAnalystLogin(pool: Pool, name: string): Promise<void> {
  const known = await listAnalystLogins(pool);
  if (!known.some((login) => login.name === name)) {
    const names = known.map((login) => login.name).join(", ");
    throw new NotFoundError(
      `there is no analyst's login "${name}"; ${names === "" ? "there is none" : `there are ${names}`}`,
    );
  }
  // Only members of the role, and superusers, may.
  await pool
    .query("select pg_terminate_backend(pid) from pg_stat_activity where usename = $1", [name])
    .catch(() => undefined);
  await explained(async () => {
    const { rows } = await pool.query<{ statement: string }>("select format('drop role %I', $1::text) as statement", [
      name,
    ]);
    await pool.query(rows[0]?.statement ?? "");
  });
}

/** PostgreSQL's limit of a name, which it would cut silently. */
const MAX_NAME = 63;

/** Throws InvalidInputError for a name that a login of an analyst cannot have. */
export function requireLoginName(name: string): void {
  if (!/^[a-z_][a-z0-9_]*$/.test(name) || name.length > MAX_NAME) {
    throw new InvalidInputError(
      `"${name}" cannot be a login's name: use lower-case letters, digits and _, not a digit first, at most ${MAX_NAME} of them`,
    );
  }
  if (/^(?:lethe|pg)_|^(?:lethe|public|none)$/.test(name)) {
    throw new InvalidInputError(`"${name}" is a name of Lethe's or PostgreSQL's own: choose another one`);
  }
}

const NO_ROLE = `the database has no role ${ANALYSTS}: run \`lethe migrate\` with a login that may create roles in DATABASE_URL`;

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const INSUFFICIENT_PRIVILEGE = "42501";
const DEPENDENT_OBJECTS = "2BP01";

async function explained(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (hasSqlState(error) && error.code === INSUFFICIENT_PRIVILEGE) {
      throw new ConfigurationError(
        "the login of DATABASE_URL may not create or drop logins: name the one that has migrated the database, or another with CREATEROLE, in DATABASE_URL",
        { cause: error },
      );
    }
    if (hasSqlState(error) && error.code === DEPENDENT_OBJECTS) {
      throw new ConfigurationError(
        "the login owns something, or has rights on something, in a database of this server: `drop owned by` it there first",
        { cause: error },
      );
    }
    throw error;
  }
}
