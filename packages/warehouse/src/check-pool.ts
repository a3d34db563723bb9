import type { DatabaseDeclaration } from "@lethe/contracts/data-map";
import { LetheError, TransientError, UnfitDatabaseError } from "@lethe/contracts/errors";
import type { ServiceName } from "@lethe/contracts/services";
import pg from "pg";
import { explainConnectionError } from "./connection-error.js";
import { hasSqlState, type Pool, type Queryable } from "./pool.js";
import { requireServiceRights } from "./require-rights.js";

/** What a service needs of its database, as asked again and again while it runs. Each check throws an error whose code is the reason. */
export interface DatabaseReadiness {
  /** Requires that a new connection can be had and that it can write. */
  readonly database: () => Promise<void>;
  /** Requires that the service's role may do what the tables declare for it. */
  readonly rights: () => Promise<void>;
}

/** Many who ask cost one look. */
const FRESH_MS = 5_000;

/** Creates the readiness of a service's pool. Looks once in five seconds at most, and only when somebody asks. */
export function createDatabaseReadiness(
  pool: Pool,
  declaration: DatabaseDeclaration,
  service: ServiceName,
  freshMs = FRESH_MS,
): DatabaseReadiness {
  let found: Promise<Outcome> | undefined;
  let freshUntil = 0;
  async function look(): Promise<Outcome> {
    return looked(pool, (client) => requireServiceRights(client, declaration, service));
  }
  function outcome(): Promise<Outcome> {
    if (found === undefined || Date.now() > freshUntil) {
      // One that never answers stays the one that all wait for.
      freshUntil = Number.POSITIVE_INFINITY;
      found = look().finally(() => {
        freshUntil = Date.now() + freshMs;
      });
    }
    return found;
  }
  return {
    async database() {
      const { unready } = await outcome();
      if (unready !== undefined) throw unready;
    },
    async rights() {
      const { unready, lacking } = await outcome();
      // Nothing is known of rights then; `database` has said why.
      if (unready === undefined && lacking !== undefined) throw lacking;
    },
  };
}

/**
 * Checks that a pool's database gives a connection more and takes writes. Throws UnfitDatabaseError, whose code is the reason:
 * `database_standby`, `database_read_only`, `database_role`, `database_connections` where the server has none left, or
 * `database_unreachable`.
 */
export async function checkPool(pool: Pool): Promise<void> {
  const { unready } = await looked(pool, async () => undefined);
  if (unready !== undefined) throw unready;
}

interface Outcome {
  /** Why the database cannot be used. */
  readonly unready?: unknown;
  /** What the role lacks. */
  readonly lacking?: unknown;
}

/**
 * Looks by a connection of its own: the pool's may be all at work, and those that it has say nothing of whether the server gives it
 * another.
 */
async function looked(pool: Pool, requireMore: (client: Queryable) => Promise<unknown>): Promise<Outcome> {
  const client = new pg.Client({
    ...pool.options,
    application_name: "lethe-check",
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
  });
  // One that breaks later than its failure is reported by its query.
  client.on("error", () => undefined);
  try {
    await connectOnce(client, pool);
    await requireWrites(client);
    try {
      await requireMore(client);
      return {};
    } catch (error) {
      return { lacking: error };
    }
  } catch (error) {
    return { unready: error instanceof LetheError ? error : unreachable(error) };
  } finally {
    // Not awaited: on a connection that nothing answers on, it would take until that is given up.
    client.end().catch(() => undefined);
  }
}

/** Connects, and sets up the session as the pool does, which takes the role on. */
async function connectOnce(client: pg.Client, pool: Pool): Promise<void> {
  await client.connect().catch((error: unknown) => {
    if (hasSqlState(error) && error.code === TOO_MANY_CONNECTIONS) {
      throw new UnfitDatabaseError("database_connections", "the database server has no connection left", {
        cause: error,
      });
    }
    const explained = explainConnectionError(pool.options.connectionString ?? "", error);
    throw explained instanceof UnfitDatabaseError ? explained : unreachable(error);
  });
  try {
    // Its type leaves out that the pool waits for it.
    await (pool.options.onConnect?.(client) as Promise<void> | undefined);
  } catch (error) {
    if (error instanceof TransientError) throw standby(error);
    if (hasSqlState(error) && ROLE_IS_MISSING.has(error.code)) {
      throw new UnfitDatabaseError(
        "database_role",
        "the login of DATABASE_URL can no longer take the service's role on: run `lethe migrate` with the DATABASE_URL of the database's owner, and `grant` the role to the login",
        { cause: error },
      );
    }
    throw error;
  }
}

/** Requires that a transaction can be committed, by one that changes no table. */
async function requireWrites(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ isStandby: boolean; isReadOnly: boolean }>(
    `select pg_is_in_recovery() as "isStandby", current_setting('transaction_read_only') = 'on' as "isReadOnly"`,
  );
  if (rows[0]?.isStandby === true) throw standby();
  if (rows[0]?.isReadOnly === true) throw readOnly();
  const startedAt = performance.now();
  try {
    // A commit that waits for a synchronous standby is ended by the server, and counts as done there.
    await client.query(`set statement_timeout = ${WRITE_MS}`);
    await client.query("select pg_logical_emit_message(true, 'lethe', 'readiness')");
  } catch (error) {
    if (!hasSqlState(error)) throw error;
    if (error.code === READ_ONLY_TRANSACTION) throw readOnly(error);
    // Where an administrator has taken that function from everybody, a number for a transaction has to do.
    if (error.code === INSUFFICIENT_PRIVILEGE) await client.query("select pg_current_xact_id()");
    else if (error.code !== QUERY_CANCELED) throw error;
  }
  await client.query("set statement_timeout = 0");
  if (performance.now() - startedAt < WRITE_MS) return;
  throw new UnfitDatabaseError(
    "database_waits",
    `a commit takes the database longer than ${WRITE_MS / 1_000} s: see its disk, and whether the standbys of synchronous_standby_names are there`,
  );
}

const ANSWER_MS = 10_000;
const WRITE_MS = 3_000;

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const TOO_MANY_CONNECTIONS = "53300";
const READ_ONLY_TRANSACTION = "25006";
const INSUFFICIENT_PRIVILEGE = "42501";
const QUERY_CANCELED = "57014";
/** There is no such role, or the login may not take it on. */
const ROLE_IS_MISSING: ReadonlySet<string> = new Set(["22023", "42704", INSUFFICIENT_PRIVILEGE]);

function unreachable(cause: unknown): UnfitDatabaseError {
  return new UnfitDatabaseError("database_unreachable", "the database does not answer", { cause });
}

function standby(cause?: unknown): UnfitDatabaseError {
  return new UnfitDatabaseError("database_standby", "the database server is a standby, which takes no writes", {
    cause,
  });
}

function readOnly(cause?: unknown): UnfitDatabaseError {
  return new UnfitDatabaseError("database_read_only", "the database takes no writes: transaction_read_only is on", {
    cause,
  });
}
