import type { CheckpointStore, LoggedSuppression, VerifySignature } from "@lethe/contracts/proof";
import { erasuresWithoutReceipt, receiptsWithoutErasure } from "../erasures/receipts.js";
import { inTransaction, type Pool, type Queryable } from "../pool.js";
import { LOGGED_COLUMNS } from "./active-suppressions.js";
import { checkLog, type LogFault } from "./check-log.js";
import { suppressionLine } from "./digest.js";
import { readKnownCheckpoints } from "./known-checkpoints.js";
import { readCheckpoints, readLog } from "./read-log.js";

/** What a database's log is held against, besides itself. */
export interface LogSources {
  /** Checks signatures; without it they are not looked at. */
  readonly verifySignature?: VerifySignature | undefined;
  /** Where the newest checkpoint is kept outside the database. */
  readonly stores?: readonly CheckpointStore[];
}

export interface LogVerification {
  readonly receipts: number;
  readonly entries: number;
  readonly checkpoints: number;
  /** Entries that no checkpoint covers yet. */
  readonly unsigned: number;
  readonly faults: readonly LogFault[];
  /** Erasures that were completed and whose receipt is gone. */
  readonly withoutReceipt: readonly string[];
}

/**
 * Checks the log of a database, as of one instant, and holds it against the suppression list, the erasures and the checkpoints
 * that are kept outside the database.
 */
export async function verifyLog(pool: Pool, { verifySignature, stores = [] }: LogSources): Promise<LogVerification> {
  // First: what is signed after this is in the database by then.
  const known = await readKnownCheckpoints(stores);
  return inTransaction(pool, async (client) => {
    await client.query("set transaction isolation level repeatable read, read only");
    const entries = await readLog(client);
    const checkpoints = await readCheckpoints(client);
    const kept = known.map(({ checkpoint }) => checkpoint);
    const check = checkLog(entries, checkpoints, { verifySignature, kept });
    return {
      receipts: entries.filter(({ kind }) => kind === "receipt").length,
      entries: entries.length,
      checkpoints: checkpoints.length,
      unsigned: check.unsigned,
      faults: [
        ...check.faults,
        ...(await checkSuppressions(client, check.suppressions)),
        ...(await receiptsWithoutErasure(client)).map((erasureId) =>
          toFault("it has a receipt, and its request is gone from the database", erasureId),
        ),
      ],
      withoutReceipt: await erasuresWithoutReceipt(client),
    };
  });
}

type ListedSuppression = LoggedSuppression & { readonly isLifted: boolean };

/** Holds the suppression list against what the log says of it. */
async function checkSuppressions(db: Queryable, logged: ReadonlyMap<string, LoggedSuppression>): Promise<LogFault[]> {
  const { rows } = await db.query<ListedSuppression>(
    `select ${LOGGED_COLUMNS}, lifted_at is not null as "isLifted" from privacy.suppressions`,
  );
  const listed = new Map(rows.map((row) => [suppressionLine(row), row]));
  const missing = [...logged].filter(([line]) => !listed.has(line));
  const lifted = [...logged].filter(([line]) => listed.get(line)?.isLifted === true);
  const unlogged = [...listed].filter(([line, { isLifted }]) => !isLifted && !logged.has(line));
  const subjectsOf = (lines: readonly (readonly [string, LoggedSuppression])[]) =>
    [...new Set(lines.map(([, { subject }]) => subject))].sort();
  return [
    ...subjectsOf(missing).map((subject) =>
      toFault(`identifiers of subject ${subject} were removed from the suppression list`),
    ),
    ...subjectsOf(lifted).map((subject) =>
      toFault(`the suppression of subject ${subject} was lifted, and the log has no such act`),
    ),
    ...subjectsOf(unlogged).map((subject) =>
      toFault(`identifiers of subject ${subject} are on the suppression list, and the log does not say since when`),
    ),
  ];
}

function toFault(fault: string, erasureId: string | null = null): LogFault {
  return { sequence: null, checkpoint: null, erasureId, fault };
}
