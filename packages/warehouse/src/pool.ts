import { LetheError, TransientError } from "@lethe/contracts/errors";
import { describeSqlState } from "@lethe/contracts/sql-states";
import pg from "pg";
import { cutOffOnAbort } from "./cut-off.js";
import { prepareSession, sessionStatements, settingsInUrl } from "./session-settings.js";

export type Pool = pg.Pool;
export type Client = pg.PoolClient;

/** What runs statements: a pool, or a client in a transaction. */
export type Queryable = Pick<pg.PoolClient, "query">;

/**
 * Creates a connection pool. `applicationName` is the name that PostgreSQL shows for its connections, and `role` the role
 * that each of them takes on. Each connection sets what Lethe depends on (`SESSION_SETTINGS`) before it is used, and one to a
 * standby, as there is after a failover, is refused with TransientError. `bigint` becomes a number, since counts and ids
 * stay far below 2^53, and `date` a text. `inspect` looks at each connection before it is used, and refuses it by throwing. The server ends a statement within half a second after its client is gone.
 */
export function createPool(
  databaseUrl: string,
  maxConnections: number,
  applicationName: string,
  role?: string,
  inspect?: (client: Queryable) => Promise<void>,
): Pool {
  // Statements, not options of the connection's start: a pooler such as PgBouncer refuses those, or drops them unsaid.
  const statements = sessionStatements(settingsInUrl(databaseUrl), role);
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: maxConnections,
    // One stays, by which others see that a service is at work (`hasServices`).
    min: 1,
    application_name: applicationName,
    connectionTimeoutMillis: 15_000,
    types: { getTypeParser },
    onConnect: async (client) => {
      await requirePrimary(client, statements);
      await inspect?.(client as pg.PoolClient);
    },
  });
  // The pool replaces an idle connection that the server closed. Without a listener the event would end the process.
  pool.on("error", () => undefined);
  return pool;
}

async function requirePrimary(client: pg.ClientBase, statements: string): Promise<void> {
  const { isStandby } = await prepareSession(client, statements);
  if (isStandby) throw new TransientError("the database server is a standby, which takes no writes");
}

const BIGINT_OID = 20;
const DATE_OID = 1082;

const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: "text" | "binary") => {
  if (oid === BIGINT_OID && format !== "binary") return Number;
  if (oid === DATE_OID && format !== "binary") return String;
  return pg.types.getTypeParser(oid, format as "text");
};

/** Takes a connection out of a pool. Throws TransientError when the database does not answer. */
export async function connect(pool: Pool): Promise<Client> {
  return pool.connect().catch((error: unknown) => {
    throw toConnectionError(error);
  });
}

/**
 * Runs `work` in one transaction on one connection: commits when it returns, rolls back when it throws. Throws
 * TransientError for errors that another attempt may heal (a lost connection, a deadlock, a serialization failure). When
 * `signal` aborts, this closes the connection, so that the server soon rolls back, and throws the signal's reason.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: Client) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  const client = await connect(pool);
  let broken: Error | undefined;
  let isStale = false;
  // A connection that breaks between two queries emits an event, which would end the process if nothing listened.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on("error", onError);
  const stopWatching = cutOffOnAbort(client, signal);
  try {
    signal?.throwIfAborted();
    await client.query("begin");
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch((rollbackError: Error) => {
      broken ??= rollbackError;
    });
    signal?.throwIfAborted();
    isStale = hasSqlState(error) && STALE_SESSION_SQLSTATE.test(error.code);
    throw broken === undefined ? asTransient(error) : lostConnection(error);
  } finally {
    stopWatching();
    client.off("error", onError);
    client.release(broken ?? (isStale || signal?.aborted));
  }
}

// Connection exceptions, operator intervention, transaction rollback, insufficient resources, lock not available, a server that
// has become a standby, and its limits of time: https://www.postgresql.org/docs/current/errcodes-appendix.html
const TRANSIENT_SQLSTATE = /^(08|57P|40|53|55P03|25006|25P03|25P04)/;

// A missing right, or a table that exists already. A session's temporary tables keep their owner when the role's rights change,
// so another attempt needs another session. So does one whose server has become a standby.
const STALE_SESSION_SQLSTATE = /^(42501|42P07|25006)$/;

function asTransient(error: unknown): unknown {
  if (!hasSqlState(error) || !TRANSIENT_SQLSTATE.test(error.code)) return error;
  const reason = describeSqlState(error.code);
  const what = reason === undefined ? "" : `: ${reason}`;
  return new TransientError(`the database cannot do this at the moment (${error.code})${what}`, { cause: error });
}

/** Returns what to throw for an error of a connection's own: what PostgreSQL did not answer, the network did. */
export function toConnectionError(error: unknown): unknown {
  if (error instanceof LetheError) return error;
  return hasSqlState(error) ? asTransient(error) : lostConnection(error);
}

function lostConnection(cause: unknown): TransientError {
  return new TransientError("there is no connection to the database, or it was lost", { cause });
}

/** Reports whether an error is PostgreSQL's, with a code that says what it is. */
export function hasSqlState(error: unknown): error is pg.DatabaseError & { code: string } {
  return error instanceof pg.DatabaseError && error.code !== undefined;
}
