import type { LogEntry, LoggedSuppression } from "@lethe/contracts/proof";
import type { Client } from "../pool.js";
import { LOGGED_COLUMNS } from "./active-suppressions.js";
import { appendToLog, lockLog } from "./append-to-log.js";

/**
 * Logs the identifiers that were put on the suppression list and are not yet in the log, in an entry of kind `suppressed`, and
 * those that this transaction has taken off it, in one of kind `lifted`. Call it at the end of every transaction that may
 * change `privacy.suppressions`, in which nothing is rolled back to a savepoint: it takes the log's lock only when there is
 * something to log. What another transaction has lifted is left for a verification to find: nobody logged that act. `facts`
 * says on what ground: the run's or the erasure's id, or who decided. Returns the last entry, or undefined.
 */
export async function logSuppressionChanges(client: Client, facts: object): Promise<LogEntry | undefined> {
  const lifted = await logChange(client, "lifted", facts);
  return (await logChange(client, "suppressed", facts)) ?? lifted;
}

/** The rows of `privacy.suppressions` to be logged, and what the log says of them afterwards. */
const CHANGES = {
  suppressed: { rows: "not is_logged and lifted_at is null", isLogged: true },
  lifted: { rows: "is_logged and lifted_at is not null and xmin = pg_current_xact_id()::xid", isLogged: false },
} as const;

async function logChange(client: Client, kind: keyof typeof CHANGES, facts: object): Promise<LogEntry | undefined> {
  const { rows: where, isLogged } = CHANGES[kind];
  const { rows: found } = await client.query(`select from privacy.suppressions where ${where} limit 1`);
  if (found.length === 0) return undefined;
  // Before the rows are marked, so that two who mark them do not wait for each other.
  await lockLog(client);
  const { rows } = await client.query<LoggedSuppression>(
    `update privacy.suppressions set is_logged = ${isLogged} where ${where} returning ${LOGGED_COLUMNS}`,
  );
  if (rows.length === 0) return undefined;
  return appendToLog(client, { kind, body: { ...facts, suppressions: rows } });
}
