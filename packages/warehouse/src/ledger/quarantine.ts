import type { DatasetName } from "@lethe/contracts/datasets";
import {
  explainMissingKey,
  MASKED_KEY,
  type QuarantineEntry,
  type QuarantineFilter,
  type QuarantineStatus,
} from "@lethe/contracts/quarantine";
import type { RejectReason } from "@lethe/contracts/reject-reasons";
import { IS_RELEASED } from "../erasures/questions.js";
import type { Queryable } from "../pool.js";
import { requireCursor, requireRun } from "./known-references.js";
import { isMeantBy } from "./quarantine-filter.js";

export interface QuarantineList extends QuarantineFilter {
  readonly status?: QuarantineStatus | undefined;
  /** The cursor of the previous page: only entries with a greater id. */
  readonly after?: number | undefined;
  /** The most entries on a page. */
  readonly limit: number;
}

/**
 * Returns one page of quarantined records, oldest first, without their payloads. Throws NotFoundError for an unknown run, and
 * InvalidInputError for a cursor beyond the last record.
 */
export async function listQuarantine(
  db: Queryable,
  list: QuarantineList,
): Promise<{ entries: QuarantineEntry[]; nextCursor: number | null }> {
  const { status, after, limit, ...filter } = list;
  const { rows } = await db.query<Omit<QuarantineEntry, "createdAt"> & { createdAt: Date }>(
    `select q.id, q.dataset, q.reason, q.status, f.path as file, q.file_id as "fileId", q.line, q.pointer, q.message,
            ${SHOWN_KEY} as "missingKey", q.run_id as "runId", q.created_at as "createdAt"
     from ledger.quarantine q join ledger.files f on f.id = q.file_id
     where ${isMeantBy(1)} and ($2::text is null or q.status = $2) and q.id > $3
     order by q.id limit $4`,
    [JSON.stringify(filter), status ?? null, after ?? 0, limit + 1],
  );
  if (rows.length === 0) {
    if (list.runId !== undefined) await requireRun(db, list.runId);
    if (list.after !== undefined && list.after > 0) {
      await requireCursor(db, list.after, "exists (select from ledger.quarantine where id >= $1)");
    }
  }
  const entries = rows.slice(0, list.limit).map((row) => toEntry(row));
  return { entries, nextCursor: rows.length > list.limit ? (entries.at(-1)?.id ?? null) : null };
}

/** SQL for what everybody may see of the key that record `q` waits for: a product's number, but no customer's. */
export const SHOWN_KEY = `case when q.reason = 'unknown_sku' then q.missing_key when q.missing_key is not null then '${MASKED_KEY}' end`;

/** The message that a correction is stored with. */
export const CORRECTED = "It was corrected, and waits for its replay.";

/** Returns a row as an entry, whose message names the key that is missing, and says what has become of a correction. */
export function toEntry<R extends Omit<QuarantineEntry, "createdAt"> & { readonly createdAt: Date }>(
  row: R,
): Omit<R, "createdAt"> & { readonly message: string; readonly createdAt: string } {
  const message = explainMissingKey(row.reason, row.missingKey) ?? explainCorrection(row);
  return { ...row, message, createdAt: row.createdAt.toISOString() };
}

function explainCorrection({ message, status }: Pick<QuarantineEntry, "message" | "status">): string {
  if (message !== CORRECTED || status === "open") return message;
  return status === "replayed" ? "It was corrected and loaded." : "It was corrected.";
}

export interface QuarantineCount {
  readonly dataset: DatasetName;
  readonly reason: RejectReason;
  readonly status: QuarantineStatus;
  readonly records: number;
}

/** Counts quarantined records by dataset, reason and status. */
export async function countQuarantine(db: Queryable): Promise<QuarantineCount[]> {
  const { rows } = await db.query<QuarantineCount>(
    `select dataset, reason, status, count(*) as records from ledger.quarantine
     group by dataset, reason, status order by dataset, reason, status`,
  );
  return rows;
}

/** A quarantined record that a replay may take. */
export interface ReplayableRecord {
  readonly id: number;
  readonly fileId: number;
  readonly date: string;
  readonly hour: number;
  readonly line: number;
  readonly payload: string;
  readonly payloadEncoding: "utf8" | "base64";
}

/** Which records of a dataset a replay takes. */
export interface ReplaySelection {
  readonly dataset: DatasetName;
  /** Null selects the records whose missing customer or sku has arrived, held ones that a decision has released, and corrected ones. */
  readonly filter: QuarantineFilter | null;
  /** The dataset's condition that what the quarantined record `q` waited for has arrived: trusted SQL. */
  readonly missingKeyArrived: string | null;
  /** The reasons under which quarantine keeps a record of anybody's masked: it could only be misread. */
  readonly maskedReasons: readonly RejectReason[];
}

/** Returns the selected records behind `afterId`, in the order of their ids, `limit` of them at most. */
export async function nextReplayable(
  db: Queryable,
  { dataset, filter, missingKeyArrived, maskedReasons }: ReplaySelection,
  afterId: number,
  limit: number,
): Promise<ReplayableRecord[]> {
  const { rows } = await db.query<ReplayableRecord>(
    `select q.id, q.file_id as "fileId", f.partition_date as date, f.partition_hour as hour, q.line, q.payload,
            q.payload_encoding as "payloadEncoding"
     from ledger.quarantine q join ledger.files f on f.id = q.file_id
     where ${isReplayable({ dataset: 1, filter: 3, maskedReasons: 5 })} and q.id > $2 and ($3::jsonb is not null or ${IS_RELEASED} or ${missingKeyArrived ?? "false"})
     order by q.id limit $4`,
    [dataset, afterId, filter === null ? null : JSON.stringify(filter), limit, maskedReasons],
  );
  return rows;
}

/**
 * Counts the records of a dataset that a replay with this filter takes, and returns the id of the last of the `limit` oldest; null when
 * there is none.
 */
export async function measureReplayable(
  db: Queryable,
  { dataset, filter, maskedReasons }: Pick<ReplaySelection, "dataset" | "filter" | "maskedReasons">,
  limit: number | null,
): Promise<{ readonly records: number; readonly upTo: number | null }> {
  const { rows } = await db.query<{ records: number; upTo: number | null }>(
    `select count(*)::integer as records, max(id) filter (where $4::bigint is null or nth <= $4) as "upTo"
     from (select q.id, row_number() over (order by q.id) as nth
           from ledger.quarantine q join ledger.files f on f.id = q.file_id
           where ${isReplayable({ dataset: 1, filter: 2, maskedReasons: 3 })}) as meant`,
    [dataset, JSON.stringify(filter), maskedReasons, limit],
  );
  return rows[0] ?? { records: 0, upTo: null };
}

/** SQL condition that a replay of a dataset may take record `q` of file `f`, by the numbers of the statement's parameters. */
function isReplayable(parameters: Readonly<Record<"dataset" | "filter" | "maskedReasons", number>>): string {
  return `q.dataset = $${parameters.dataset} and q.status = 'open' and q.payload is not null
    and ${isMeantBy(parameters.filter)} and q.reason <> all ($${parameters.maskedReasons})`;
}

/**
 * Returns those of the given quarantined records that are still open, in the order given; with `andReplayed` also those that a replay
 * has loaded.
 */
export async function recordsToReplay(
  db: Queryable,
  ids: readonly number[],
  andReplayed = false,
): Promise<ReplayableRecord[]> {
  const { rows } = await db.query<ReplayableRecord>(
    `select q.id, q.file_id as "fileId", f.partition_date as date, f.partition_hour as hour, q.line, q.payload,
            q.payload_encoding as "payloadEncoding"
     from unnest($1::bigint[]) with ordinality as wanted (id, position)
     join ledger.quarantine q using (id)
     join ledger.files f on f.id = q.file_id
     where (q.status = 'open' or $2 and q.status = 'replayed') and q.payload is not null
     order by wanted.position`,
    [ids, andReplayed],
  );
  return rows;
}

/** What has become of a quarantined record that a replay took. */
export interface ReplayedRecord {
  readonly id: number;
  /** Whether nobody has closed it. */
  readonly isOpen: boolean;
  readonly pseudonym: string | null;
  readonly payload: string | null;
}

/** Locks quarantined records until the transaction ends, and returns them. */
export async function lockReplayed(db: Queryable, ids: readonly number[]): Promise<ReplayedRecord[]> {
  const { rows } = await db.query<ReplayedRecord>(
    `select id, status = 'open' as "isOpen", subject_customer_id as pseudonym, payload
     from ledger.quarantine where id = any ($1) order by id for update`,
    [ids],
  );
  return rows;
}

/** Returns the greatest id of a quarantined record in the batches of a replay, where an interrupted replay resumes: 0 for none. */
export async function lastReplayedId(db: Queryable, runId: string): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    `select coalesce(max(taken.id), 0) as id
     from ledger.batches b
     join ledger.batch_segments s on s.batch_id = b.id
     cross join lateral unnest(s.quarantine_ids) as taken (id)
     where b.run_id = $1`,
    [runId],
  );
  return rows[0]?.id ?? 0;
}

/**
 * Reports whether a quarantined record of the dataset waited for a customer or sku that has arrived, or was held and has been
 * released by a decision, or was corrected.
 */
export async function hasReplayable(
  db: Queryable,
  dataset: DatasetName,
  missingKeyArrived: string | null,
): Promise<boolean> {
  const open = "select from ledger.quarantine q where q.dataset = $1 and q.status = 'open'";
  const { rows } = await db.query<{ found: boolean }>(
    `select exists (${open} and ${IS_RELEASED}) or exists (${open} and ${missingKeyArrived ?? "false"}) as found`,
    [dataset],
  );
  return rows[0]?.found === true;
}
