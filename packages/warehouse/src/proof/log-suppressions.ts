import type { LogEntry, LoggedSuppression } from "@lethe/contracts/proof";
import type { Client } from "../pool.js";
import { LOGGED_COLUMNS } from "./active-suppressions.js";
import { appendToLog, lockLog } from "./append-to-log.js";

/**
 * Logs the identifiers that were put on the suppression list, or taken off it, and of which the log does not say so yet.
 * Call it at the end of every transaction that may change `privacy.suppressions`: it takes the log's lock only when there is
 * something to log. `facts` says on what ground: the run's or the erasure's id. Returns the last entry, or undefined.
 */
export async function logSuppressed(client: Client, facts: object): Promise<LogEntry | undefined> {
  const lifted = await logUnloggedLifts(client, facts);
  return (await logAdded(client, facts)) ?? lifted;
}

async function logUnloggedLifts(client: Client, facts: object): Promise<LogEntry | undefined> {
  const { rows } = await client.query<{ subjectId: string }>(
    `select distinct subject_id as "subjectId" from privacy.suppressions where is_logged and lifted_at is not null`,
  );
  if (rows.length === 0) return undefined;
  return logLiftedOf(
    client,
    rows.map(({ subjectId }) => subjectId),
    facts,
  );
}

async function logAdded(client: Client, facts: object): Promise<LogEntry | undefined> {
  const { rows: found } = await client.query(
    "select from privacy.suppressions where not is_logged and lifted_at is null limit 1",
  );
  if (found.length === 0) return undefined;
  // Before the rows are marked, so that two who mark them do not wait for each other.
  await lockLog(client);
  const { rows } = await client.query<LoggedSuppression>(
    `update privacy.suppressions set is_logged = true where not is_logged and lifted_at is null returning ${LOGGED_COLUMNS}`,
  );
  if (rows.length === 0) return undefined;
  return appendToLog(client, { kind: "suppressed", body: { ...facts, suppressions: rows } });
}

/**
 * Logs that the identifiers of an erasure's subject were taken off the suppression list by the same transaction, in an entry
 * of kind `lifted`; see `logSuppressed`. `facts` says who did it and on what ground.
 */
export async function logLifted(client: Client, erasureId: string, facts: object): Promise<LogEntry | undefined> {
  const { rows } = await client.query<{ subjectId: string }>(
    `select subject_id as "subjectId" from warehouse.erasure_requests where id = $1`,
    [erasureId],
  );
  return logLiftedOf(
    client,
    rows.map(({ subjectId }) => subjectId),
    facts,
  );
}

/** Logs the identifiers of subjects or questions that the same transaction has taken off the list; see `logLifted`. */
export async function logLiftedOf(
  client: Client,
  subjectIds: readonly string[],
  facts: object,
): Promise<LogEntry | undefined> {
  await lockLog(client);
  const { rows } = await client.query<LoggedSuppression>(
    `update privacy.suppressions set is_logged = false
     where is_logged and lifted_at is not null and subject_id = any ($1)
     returning ${LOGGED_COLUMNS}`,
    [subjectIds],
  );
  if (rows.length === 0) return undefined;
  return appendToLog(client, { kind: "lifted", body: { ...facts, suppressions: rows } });
}
