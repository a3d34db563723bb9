import { LetheError, UnfitDatabaseError } from "@lethe/contracts/errors";
import pg from "pg";
import { explainConnectionError, placeOf } from "./connection-error.js";
import { ALL_CONNECTIONS, DATABASE_CHECKS, type DatabaseCheck } from "./database-checks.js";
import { type DatabaseFacts, readDatabaseFacts } from "./database-facts.js";
import { hasSqlState } from "./pool.js";
import { keepsSessions } from "./pooler-probe.js";
import { untilUncancelled } from "./session-settings.js";

const ANSWER_MS = 10_000;
// Two of three are at the same one of two poolers that share the connections out.
const PROBES = 3;

/**
 * Checks that the database of a URL answers, that no pooler stands between that takes sessions apart, and what else Lethe needs
 * and cannot set. Throws TransientError when it does not answer for now, and UnfitDatabaseError, whose message names the setting,
 * its value and the remedy, when somebody has to set something right. Changes nothing.
 */
export async function requireDatabase(
  databaseUrl: string,
  checks: readonly DatabaseCheck[] = DATABASE_CHECKS,
): Promise<void> {
  runChecks(await inspectDatabase(databaseUrl), checks);
}

/** Does what `requireDatabase` does for a command, which needs few connections. */
export async function requireDatabaseOfCommand(databaseUrl: string): Promise<void> {
  await requireDatabase(
    databaseUrl,
    DATABASE_CHECKS.filter(({ isForServices }) => isForServices !== true),
  );
}

/** What keeps Lethe from working with a database. */
interface DatabaseProblem {
  readonly code: string;
  readonly message: string;
}

/**
 * Returns everything that `requireDatabase` would refuse the database of a URL for, not only the first of it; one problem alone where
 * there is no connection. Waits for no answer longer than `answerMs`. Changes nothing.
 */
export async function findDatabaseProblems(
  databaseUrl: string,
  answerMs: number,
): Promise<{ readonly isReached: boolean; readonly problems: readonly DatabaseProblem[] }> {
  let facts: DatabaseFacts;
  try {
    facts = await inspectDatabase(databaseUrl, answerMs);
  } catch (error) {
    const { code, message } = explainConnectionError(databaseUrl, error);
    const cause = error instanceof LetheError ? error.cause : error;
    if (hasSqlState(cause) && cause.code === TOO_MANY_CONNECTIONS)
      return { isReached: false, problems: [NO_CONNECTION] };
    return { isReached: false, problems: [{ code: code === "transient" ? "database_unreachable" : code, message }] };
  }
  const problems = DATABASE_CHECKS.flatMap(({ code, problem }) => {
    const message = problem(facts);
    return message === undefined ? [] : [{ code, message }];
  });
  return { isReached: true, problems };
}

async function inspectDatabase(databaseUrl: string, answerMs = ANSWER_MS): Promise<DatabaseFacts> {
  const { host } = placeOf(databaseUrl);
  const clients = Array.from(
    { length: PROBES },
    () =>
      new pg.Client({
        connectionString: databaseUrl,
        application_name: "lethe-check",
        connectionTimeoutMillis: answerMs,
        query_timeout: answerMs,
      }),
  );
  // One that breaks later than its failure is reported by its query.
  for (const client of clients) client.on("error", () => undefined);
  try {
    const [first] = clients;
    for (const client of clients) await open(client, first, host);
    if (!(await keepsSessions(clients))) throw takenApart(host);
    return await factsOf(first);
  } catch (error) {
    throw explainConnectionError(databaseUrl, error);
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

/** Connects a client and has it answer: a pooler accepts a connection before it has one to the server. */
async function open(client: pg.Client, first: pg.Client | undefined, host: string): Promise<void> {
  try {
    await client.connect();
    await untilUncancelled(() => client.query("select"));
  } catch (error) {
    if (client === first) throw error;
    if (error instanceof Error && error.message === "Query read timeout") throw tooFewAtPooler(host);
    // Where a limit is that low, it is named.
    if (hasSqlState(error) && error.code === TOO_MANY_CONNECTIONS) runChecks(await factsOf(first), DATABASE_CHECKS);
    throw error;
  }
}

async function factsOf(client: pg.Client | undefined): Promise<DatabaseFacts> {
  if (client === undefined) throw new TypeError("there is no client");
  await untilUncancelled(() => client.query(OWN_SETTINGS));
  return readDatabaseFacts(client);
}

function runChecks(facts: DatabaseFacts, checks: readonly DatabaseCheck[]): void {
  for (const { code, problem } of checks) {
    const message = problem(facts);
    if (message !== undefined) throw new UnfitDatabaseError(code, message);
  }
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const TOO_MANY_CONNECTIONS = "53300";

const NO_CONNECTION: DatabaseProblem = {
  code: "database_connections",
  message:
    "the database server has no connection left: raise max_connections, or the limits of the role and the database, or end other clients (pg_stat_activity)",
};

const OWN_SETTINGS =
  "set search_path = pg_catalog, pg_temp; set statement_timeout = 0; set default_transaction_read_only = off";

function takenApart(host: string): UnfitDatabaseError {
  return new UnfitDatabaseError(
    "database_pooler",
    `between Lethe and the database stands a pooler, such as PgBouncer, in transaction or statement mode (pool_mode) at DATABASE_URL (${host}): advisory locks, LISTEN, temporary tables and session settings do not survive there. Set pool_mode=session for this database in pgbouncer.ini, or name the PostgreSQL server itself in DATABASE_URL`,
  );
}

function tooFewAtPooler(host: string): UnfitDatabaseError {
  return new UnfitDatabaseError(
    "database_connections",
    `the pooler at DATABASE_URL (${host}) has too few free connections to the server: Lethe's services hold up to ${ALL_CONNECTIONS} at once, so raise default_pool_size (or pool_size of this database) and max_db_connections of PgBouncer`,
  );
}
