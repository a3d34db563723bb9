import type { Readable } from "node:stream";
import { copyIn } from "../copy-in.js";
import type { Client } from "../pool.js";

const COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ["dataset", "text"],
  ["reason", "text"],
  ["run_id", "uuid"],
  ["batch_id", "uuid"],
  ["file_id", "bigint"],
  ["line", "bigint"],
  ["pointer", "text"],
  ["message", "text"],
  ["missing_key", "text"],
  ["payload", "text"],
  ["payload_encoding", "text"],
  ["subject_customer_id", "text"],
  ["subject_email", "text"],
];
const NAMES = COLUMNS.map(([name]) => name);

/** The fields of a rejects file in COPY text format, in their order; the last is null but in a replay. */
export const REJECT_COLUMNS = [...NAMES, "quarantine_id"];

/** Creates the temporary table of a batch's rejects, empty at the start of each transaction. */
export async function createRejectStage(client: Client): Promise<void> {
  const columns = [...COLUMNS, ["quarantine_id", "bigint"]].map(([name, type]) => `${name} ${type}`);
  await client.query(`create temp table if not exists stage_quarantine (${columns.join(", ")}) on commit delete rows`);
}

/** Copies rejects into the temporary table; returns their number. */
export async function stageRejects(client: Client, rejects: Readable): Promise<number> {
  return copyIn(client, "stage_quarantine", REJECT_COLUMNS, rejects);
}

/** Puts a batch's staged rejects into quarantine. */
export async function quarantineRejects(client: Client): Promise<void> {
  await client.query(
    `insert into ledger.quarantine (${NAMES.join(", ")}) select ${NAMES.join(", ")} from stage_quarantine`,
  );
}

/**
 * Ends a replay of quarantined records: those that were rejected once more stay open with the newest reason, all others
 * are resolved.
 */
export async function resolveReplayed(client: Client, quarantineIds: readonly number[]): Promise<void> {
  await client.query(
    `update ledger.quarantine q
     set reason = s.reason, pointer = s.pointer, message = s.message, missing_key = s.missing_key, payload = s.payload,
         payload_encoding = s.payload_encoding, subject_customer_id = s.subject_customer_id,
         subject_email = s.subject_email
     from stage_quarantine s
     where q.id = s.quarantine_id and q.status = 'open'`,
  );
  await client.query(
    `update ledger.quarantine set status = 'replayed', resolved_at = clock_timestamp()
     where id = any ($1) and status = 'open'
       and id not in (select quarantine_id from stage_quarantine where quarantine_id is not null)`,
    [quarantineIds],
  );
}
