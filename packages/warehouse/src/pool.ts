import { LetheError, TransientError } from "@lethe/contracts/errors";
import { describeSqlState } from "@lethe/contracts/sql-states";
import pg from "pg";
import { cutOffOnAbort } from "./cut-off.js";
import { prepareSession, sessionStatements, settingsInUrl } from "./session-settings.js";

/**
 * A pool of connections. It lends none by itself: `inTransaction`, `withConnection` and `borrow` do, which notice when the
 * connection is lost.
 */
export type Pool = Pick<pg.Pool, "query" | "end" | "on" | "options" | "idleCount" | "totalCount" | "waitingCount">;

/** A connection that is lent. Whoever lends it takes it back. */
export type Client = Omit<pg.PoolClient, "release">;

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
    // A connection that waits for a notification, or holds a lock, says nothing for hours; a device between may drop it.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
    onConnect: async (client) => {
      await requirePrimary(client, statements);
      await inspect?.(client as pg.PoolClient);
    },
  });
  // The pool replaces an idle connection that the server closed. Without a listener the event would end the process.
  pool.on("error", () => undefined);
  // From a connection's beginning to its end: one that breaks while nobody uses it, or as it is given back, emits the same event.
  pool.on("connect", (client) => client.on("error", () => undefined));
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

/** A connection that is out of its pool until it is given back. */
export interface Loan {
  readonly client: Client;
  /** Aborts when the connection is lost, with a TransientError as its reason. */
  readonly lost: AbortSignal;
  /** Returns the connection to its pool. It is closed, not lent again, when it was lost or is `spent`. */
  release(spent?: "spent"): void;
}

/**
 * Takes a connection out of a pool, for whoever keeps it longer than a function runs. Throws TransientError when the database
 * does not answer.
 */
export async function borrow(pool: Pool): Promise<Loan> {
  const client = await (pool as pg.Pool).connect().catch((error: unknown) => {
    throw toConnectionError(error);
  });
  const giveBack = client.release;
  const lost = new AbortController();
  const onLost = (error?: Error) => lost.abort(lostConnection(error));
  client.on("error", onLost);
  client.on("end", onLost);
  return {
    client,
    lost: lost.signal,
    release(spent) {
      client.off("error", onLost);
      client.off("end", onLost);
      giveBack(lost.signal.aborted || spent === "spent");
    },
  };
}

/**
 * Lends a connection to `work`, outside of any transaction. Throws TransientError when the connection was lost meanwhile, also
 * where `work` has not noticed, and for other errors that another attempt may heal. When `signal` aborts, this closes the
 * connection and throws the signal's reason. With `spent`, the connection is closed in the end: `work` changes its session.
 */
export async function withConnection<T>(
  pool: Pool,
  work: (client: Client, lost: AbortSignal) => Promise<T>,
  { signal, spent }: { readonly signal?: AbortSignal | undefined; readonly spent?: "spent" } = {},
): Promise<T> {
  signal?.throwIfAborted();
  const { client, lost, release } = await borrow(pool);
  const stopWatching = cutOffOnAbort(client, signal);
  // One on which a statement failed may be about to close, before anything says so.
  let isSpent = true;
  try {
    signal?.throwIfAborted();
    const result = await work(client, lost);
    lost.throwIfAborted();
    isSpent = spent === "spent";
    return result;
  } catch (error) {
    signal?.throwIfAborted();
    lost.throwIfAborted();
    throw asTransient(error);
  } finally {
    stopWatching();
    release(isSpent ? "spent" : undefined);
  }
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
  const { client, lost, release } = await borrow(pool);
  let isBroken = false;
  let isStale = false;
  const stopWatching = cutOffOnAbort(client, signal);
  try {
    signal?.throwIfAborted();
    await client.query("begin");
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => {
      isBroken = true;
    });
    signal?.throwIfAborted();
    isStale = hasSqlState(error) && STALE_SESSION_SQLSTATE.test(error.code);
    throw isBroken || lost.aborted ? lostConnection(error) : asTransient(error);
  } finally {
    stopWatching();
    release(isBroken || isStale || signal?.aborted === true ? "spent" : undefined);
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
