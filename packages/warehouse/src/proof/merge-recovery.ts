import { RunStateError } from "@lethe/contracts/errors";
import type { Checkpoint, LogEntry, LoggedSuppression } from "@lethe/contracts/proof";
import type { Client } from "../pool.js";
import { LOGGED_COLUMNS } from "./active-suppressions.js";
import { lockLog } from "./append-to-log.js";
import { suppressionLine } from "./digest.js";
import { readCheckpoints, readLog } from "./read-log.js";
import type { Recovery } from "./recovery.js";
import { type ActiveSuppressions, replaySuppressions } from "./replay-suppressions.js";
import { insertCheckpoint } from "./write-checkpoint.js";

/** What a restored database lacked. */
export interface MergedRecovery {
  readonly entries: number;
  readonly checkpoints: number;
  /** The erasures whose receipts the database did not have. */
  readonly erasureIds: readonly string[];
}

/** The run and the file that rows belong to whose own were lost with the database. */
export interface RecoveryOrigin {
  readonly runId: string;
  readonly fileId: number;
}

/**
 * Adds what a restored database lacks of its log, and brings the suppression list and the erasures to what the whole log says,
 * in the caller's transaction. Nobody loads meanwhile, and what was staged before is masked anew. Throws RunStateError when
 * the database went another way after the backup, so that its log is not the beginning of the one that was exported.
 */
export async function mergeRecovery(
  client: Client,
  recovery: Recovery,
  origin: RecoveryOrigin,
): Promise<MergedRecovery> {
  // A jump, since the epochs after the backup were used before, and batches that were masked under them may lie in staging.
  await client.query("update privacy.suppression_epoch set epoch = epoch + 1000000");
  await lockLog(client);
  const own = await readLog(client);
  const entries = missing(own, recovery.entries, ({ sequence }) => sequence, "entry");
  const checkpoints = missing(
    await readCheckpoints(client),
    recovery.checkpoints,
    ({ number }) => number,
    "checkpoint",
  );
  await insertEntries(client, entries);
  for (const checkpoint of checkpoints) await insertCheckpoint(client, checkpoint);
  await client.query(
    `insert into privacy.subjects select (jsonb_populate_recordset(null::privacy.subjects, $1)).* on conflict do nothing`,
    [JSON.stringify(recovery.subjects)],
  );
  await restoreSuppressions(client, [...own, ...entries]);
  await restoreErasures(client, recovery, origin);
  return {
    entries: entries.length,
    checkpoints: checkpoints.length,
    erasureIds: entries.flatMap(({ kind, body }) =>
      kind === "receipt" && typeof body.erasureId === "string" ? [body.erasureId] : [],
    ),
  };
}

/** Returns what the exported list has and the own one lacks. The shorter one must be the beginning of the longer one. */
function missing<T extends LogEntry | Checkpoint>(
  own: readonly T[],
  exported: readonly T[],
  place: (one: T) => number,
  what: string,
): readonly T[] {
  for (const [i, one] of own.entries()) {
    const other = exported[i];
    if (other === undefined || other.hash === one.hash) continue;
    throw new RunStateError(
      `the database's log and the export went different ways at ${what} ${place(one)}: something was done in the restored ` +
        "database before this, so the export cannot be merged. Restore the backup again, and reapply before any service starts",
    );
  }
  return exported.slice(own.length);
}

async function insertEntries(client: Client, entries: readonly LogEntry[]): Promise<void> {
  await client.query(
    `insert into privacy.proof_log (sequence, kind, body, created_at, previous_hash, hash)
     select sequence, kind, body, "createdAt", "previousHash", hash
     from jsonb_to_recordset($1) as entry (sequence bigint, kind text, body jsonb, "createdAt" timestamptz,
                                           "previousHash" text, hash text)`,
    [JSON.stringify(entries)],
  );
}

/** Makes the suppression list what the log says. Suppressions that are not logged yet stay. */
async function restoreSuppressions(client: Client, log: readonly LogEntry[]): Promise<void> {
  const active: ActiveSuppressions = new Map();
  for (const entry of log) replaySuppressions(active, entry);
  await client.query(
    `insert into privacy.suppressions as s (subject_id, act, kind, key, key_id, is_logged)
     select subject, act, kind, decode(key, 'hex'), "keyId", true
     from jsonb_to_recordset($1) as logged (subject uuid, act text, kind text, key text, "keyId" text)
     on conflict (subject_id, act, kind, key) do update set lifted_at = null, is_logged = true
     where s.lifted_at is not null or not s.is_logged`,
    [JSON.stringify([...active.values()])],
  );
  const { rows } = await client.query<LoggedSuppression>(
    `select ${LOGGED_COLUMNS} from privacy.suppressions where lifted_at is null and is_logged`,
  );
  const lifted = rows.filter((row) => !active.has(suppressionLine(row)));
  await client.query(
    `update privacy.suppressions s set lifted_at = clock_timestamp(), is_logged = false
     from jsonb_to_recordset($1) as l (subject uuid, act text, kind text, key text)
     where s.subject_id = l.subject and s.act = l.act and s.kind = l.kind and s.key = decode(l.key, 'hex')`,
    [JSON.stringify(lifted)],
  );
}

/** Adds the erasures that the database lacks, and completes or lifts those that were so after the backup. */
async function restoreErasures(
  client: Client,
  { erasures }: Recovery,
  { runId, fileId }: RecoveryOrigin,
): Promise<void> {
  const exported = "jsonb_populate_recordset(null::warehouse.erasure_requests, $1)";
  await client.query(
    `update warehouse.erasure_requests e set state = r.state, completed_at = r.completed_at, pseudonyms = r.pseudonyms, found = r.found
     from ${exported} as r where e.id = r.id and e.state is distinct from r.state`,
    [JSON.stringify(erasures)],
  );
  // Their runs, their files and their records in quarantine are gone with the database.
  const orphaned = erasures.map((row) => ({
    ...row,
    run_id: runId,
    source_file_id: fileId,
    ...("quarantine_id" in row && { quarantine_id: null }),
  }));
  await client.query(
    `insert into warehouse.erasure_requests
     select r.* from ${exported} as r where not exists (select from warehouse.erasure_requests e where e.id = r.id)`,
    [JSON.stringify(orphaned)],
  );
  await client.query(
    `delete from privacy.erasure_values v using warehouse.erasure_requests e where e.id = v.erasure_id and e.state <> 'suppressed'`,
  );
}
