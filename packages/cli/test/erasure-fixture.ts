import { randomBytes } from "node:crypto";
import type { Receipt, ReceiptBody } from "@lethe/contracts/erasures";
import { keyedHash, type PrivacyKey, pseudonym } from "@lethe/privacy/privacy-key";
import { completeErasure, readReceipt } from "@lethe/warehouse/erasures/receipts";
import { inTransaction, type Pool } from "@lethe/warehouse/pool";
import { logSuppressionChanges } from "@lethe/warehouse/proof/log-suppressions";
import { sampleReceiptBody } from "./sample-receipt.js";

export interface Person {
  readonly customerId: string;
  readonly email: string;
}

/** Puts an erasure into the database as the loader does, with its suppression; returns its id and its run's. */
export async function insertErasure(
  pool: Pool,
  { customerId, email }: Person,
  key: PrivacyKey,
): Promise<{ id: string; runId: string }> {
  const runId = await insertRun(pool);
  const hashes = [keyedHash(key, "customer-id", customerId), keyedHash(key, "email", email)];
  const subjectId = await insertSubject(pool, hashes, key.id);
  const alias = pseudonym(key, customerId);
  const { rows } = await pool.query<{ id: string }>(
    `insert into warehouse.erasure_requests
       (customer_key, email_key, key_id, pseudonym, pseudonyms, state, policy_version, requested_at, source_file_id, run_id,
        subject_id, outcome)
     values ($1, $2, $3, $4, array[$4], 'suppressed', '1', '2022-03-01T01:00:00Z', $5, $6, $7, 'pseudonymise') returning id`,
    [...hashes, key.id, alias, await insertFile(pool, runId), runId, subjectId],
  );
  return { id: idOf(rows), runId };
}

/** Completes an erasure as the loader does, with the next receipt. */
export async function complete(pool: Pool, erasureId: string, changes: Partial<ReceiptBody> = {}): Promise<Receipt> {
  const now = new Date().toISOString();
  const times = { receivedAt: now, suppressedAt: now, completedAt: now, vacuumedAt: now };
  await completeErasure(pool, sampleReceiptBody({ ...times, ...changes, erasureId }));
  return readReceipt(pool, erasureId);
}

/** Puts a request into quarantine whose email is not the customer's; returns its id there. */
export async function insertMismatch(pool: Pool, { customerId, email }: Person): Promise<number> {
  const runId = await insertRun(pool);
  const { rows } = await pool.query<{ id: number }>(
    `insert into ledger.quarantine
       (dataset, reason, run_id, file_id, line, message, payload, subject_customer_id, subject_email)
     values ('erasure-requests', 'identity_mismatch', $1, $2, 1, 'not theirs', $3, $4, $5) returning id`,
    [runId, await insertFile(pool, runId), JSON.stringify({ "customer-id": customerId, email }), customerId, email],
  );
  return idOf(rows);
}

/** Puts a customer into the warehouse that came with an archived file; returns the file's id. */
export async function insertCustomer(pool: Pool, { customerId, email }: Person, archivedPath: string): Promise<number> {
  const fileId = await insertFile(pool, await insertRun(pool), { dataset: "customers", path: archivedPath });
  await pool.query(
    `insert into warehouse.customers (id, email, source_partition, source_file_id, valid_from)
     values ($1, $2, now(), $3, now())`,
    [customerId, email, fileId],
  );
  return fileId;
}

/** Puts a person on the suppression list by the hashes of id and email; returns the subject's id. */
async function insertSubject(pool: Pool, hashes: readonly Buffer[], keyId: string): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    `with subject as (insert into privacy.subjects (outcome) values ('pseudonymise') returning id),
          identifier as (insert into privacy.suppressions (subject_id, kind, key, key_id)
                         select id, kind, key, $3 from subject
                         cross join lateral (values ('customer-id', $1::bytea), ('email', $2::bytea)) as i (kind, key))
     select id from subject`,
    [...hashes, keyId],
  );
  await inTransaction(pool, (client) => logSuppressionChanges(client, {}));
  return idOf(rows);
}

async function insertRun(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    "insert into ledger.runs (job, kind, trigger, state) values ('erasure-requests', 'files', 'schedule', 'succeeded') returning id",
  );
  return idOf(rows);
}

async function insertFile(
  pool: Pool,
  runId: string,
  kept?: { readonly dataset: string; readonly path: string },
): Promise<number> {
  const { rows } = await pool.query<{ id: number }>(
    `insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state, kept_path)
     values ($1, $2, '2022-03-01', 1, $3, 10, $4, 'done', $5) returning id`,
    [
      kept?.dataset ?? "erasure-requests",
      kept?.path ?? "date=2022-03-01/hour=01/erasure-requests.json",
      randomBytes(32),
      runId,
      kept?.path ?? null,
    ],
  );
  return idOf(rows);
}

function idOf<T>(rows: readonly { readonly id: T }[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error("insert gave no row");
  return row.id;
}
