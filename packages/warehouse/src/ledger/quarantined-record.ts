import type { DatasetName } from "@lethe/contracts/datasets";
import { NotFoundError, RunStateError } from "@lethe/contracts/errors";
import type { QuarantineFilter, QuarantineRecord, QuarantineStatus } from "@lethe/contracts/quarantine";
import type { RejectReason } from "@lethe/contracts/reject-reasons";
import type { Client, Queryable } from "../pool.js";
import { CORRECTED, SHOWN_KEY, toEntry } from "./quarantine.js";
import { isMeantBy } from "./quarantine-filter.js";

/** A quarantined record as it stands, with the key that it waits for. It is personal data. */
export interface StoredRecord extends Omit<QuarantineRecord, "record" | "isMasked" | "acts"> {
  readonly payload: string | null;
  readonly encoding: "utf8" | "base64";
  readonly key: string | null;
}

/** Returns a quarantined record; undefined if there is none of this id. */
export async function readQuarantined(db: Queryable, id: number): Promise<StoredRecord | undefined> {
  const { rows } = await db.query<
    Omit<StoredRecord, "createdAt" | "resolvedAt"> & { createdAt: Date; resolvedAt: Date | null }
  >(
    `select q.id, q.dataset, q.reason, q.status, f.path as file, q.file_id as "fileId", q.line, q.pointer, q.message,
            ${SHOWN_KEY} as "missingKey", q.missing_key as key, q.run_id as "runId", q.created_at as "createdAt",
            q.resolved_at as "resolvedAt", q.corrects, c.id as "correctedBy", q.payload, q.payload_encoding as encoding
     from ledger.quarantine q join ledger.files f on f.id = q.file_id left join ledger.quarantine c on c.corrects = q.id
     where q.id = $1`,
    [id],
  );
  const [row] = rows;
  return row && { ...toEntry<typeof row>(row), resolvedAt: row.resolvedAt?.toISOString() ?? null };
}

/** Returns what was done with a quarantined record, in order. */
export async function readRecordActs(db: Queryable, id: number): Promise<QuarantineRecord["acts"]> {
  const { rows } = await db.query<{ act: string; by: string; at: Date; reason: string | null }>(
    'select act, acted_by as "by", acted_at as at, reason from privacy.acts where quarantine_id = $1 order by id',
    [id],
  );
  return rows.map(({ at, ...act }) => ({ ...act, at: at.toISOString() }));
}

/** An open record that people may work off. */
export interface WorkableRecord {
  readonly dataset: DatasetName;
  readonly reason: RejectReason;
  /** Null where the entry stands for a whole file. */
  readonly payload: string | null;
  readonly encoding: "utf8" | "base64";
  /** Under whom it is filed. */
  readonly customerId: string | null;
}

/** The dataset of requests: a person decides on each of its records, but for those that were masked as they arrived. */
export interface DecidedDataset {
  readonly name: DatasetName;
  readonly maskedReasons: readonly RejectReason[];
}

/**
 * Locks an open record until the transaction ends, and returns it. Throws NotFoundError, and RunStateError for a record that is not
 * open, and one that a decision about a person is due on.
 */
export async function lockWorkable(client: Client, requests: DecidedDataset, id: number): Promise<WorkableRecord> {
  const { rows } = await client.query<WorkableRecord & { readonly status: QuarantineStatus }>(
    `select dataset, reason, status, payload, payload_encoding as encoding, subject_customer_id as "customerId"
     from ledger.quarantine where id = $1 for update`,
    [id],
  );
  const [record] = rows;
  if (record === undefined) throw new NotFoundError(`there is no record ${id} in quarantine`);
  if (record.status !== "open") throw new RunStateError(`record ${id} is ${record.status}`);
  const isMasked = requests.maskedReasons.includes(record.reason);
  if ((record.dataset === requests.name && !isMasked) || record.reason === "held") {
    throw new RunStateError(
      `a decision about a person is due on record ${id}: see \`lethe erasure requests\` and \`lethe erasure questions\``,
    );
  }
  return record;
}

/** Closes a record, which the caller has locked, as one that is not to be loaded. */
export async function discardRecord(client: Client, id: number): Promise<void> {
  await client.query(
    "update ledger.quarantine set status = 'discarded', resolved_at = clock_timestamp() where id = $1",
    [id],
  );
}

/**
 * Closes the open records that a filter means as ones that are not to be loaded, oldest first and `limit` of them at most. Leaves out those
 * that a decision about a person is due on. Returns their ids.
 */
export async function discardMeant(
  client: Client,
  requests: DecidedDataset,
  filter: QuarantineFilter,
  limit: number,
): Promise<number[]> {
  const { rows } = await client.query<{ id: number }>(
    `with meant as materialized (
       select q.id from ledger.quarantine q join ledger.files f on f.id = q.file_id
       where ${isMeantBy(1)} and q.status = 'open' and ${isWorkable(2, 3)}
       order by q.id limit $4 for no key update of q
     )
     update ledger.quarantine q set status = 'discarded', resolved_at = clock_timestamp()
     from meant where q.id = meant.id returning q.id`,
    [JSON.stringify(filter), requests.name, requests.maskedReasons, limit],
  );
  return rows.map(({ id }) => id);
}

/** Counts the open records that a filter means and that are worked off here. */
export async function countMeant(db: Queryable, requests: DecidedDataset, filter: QuarantineFilter): Promise<number> {
  const { rows } = await db.query<{ records: number }>(
    `select count(*)::integer as records from ledger.quarantine q join ledger.files f on f.id = q.file_id
     where ${isMeantBy(1)} and q.status = 'open' and ${isWorkable(2, 3)}`,
    [JSON.stringify(filter), requests.name, requests.maskedReasons],
  );
  return rows[0]?.records ?? 0;
}

/** SQL condition that record `q` is not worked off by a decision about a person; the dataset of requests is two parameters. */
function isWorkable(requests: number, maskedReasons: number): string {
  return `(q.dataset <> $${requests} or q.reason = any ($${maskedReasons})) and q.reason <> 'held'`;
}

/** A correction's text, and under whom it is filed. */
export interface NewCorrection {
  readonly payload: string;
  readonly customerId: string | null;
  readonly email: string | null;
}

/**
 * Adds a correction of an open record, which the caller has locked, and closes that one. Returns its id. It has the record's place and
 * reason, and is released: the next replay of its dataset takes it.
 */
export async function insertCorrection(
  client: Client,
  id: number,
  { payload, customerId, email }: NewCorrection,
): Promise<number> {
  const { rows } = await client.query<{ id: number | null }>("select ledger.add_correction($1, $2, $3, $4, $5) as id", [
    id,
    CORRECTED,
    payload,
    customerId,
    email,
  ]);
  const correction = rows[0]?.id;
  if (typeof correction !== "number") throw new Error(`record ${id} of quarantine is locked, and not open`);
  return correction;
}
