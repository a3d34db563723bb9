import type { DatasetName } from "@lethe/contracts/datasets";
import type { RejectReason } from "@lethe/contracts/reject-reasons";
import type { Client, Queryable } from "../pool.js";

/**
 * The reasons with which a record is superseded by one of its id that comes later. A `duplicate` and a `conflict` lost against one
 * that came before, an `unreadable` record has no id that could be trusted, and on the others people decide.
 */
const SUPERSEDABLE: readonly RejectReason[] = ["schema", "refund", "total_mismatch", "unknown_customer", "unknown_sku"];

/** A quarantined record that may have been delivered again. */
export interface RedeliveredRecord {
  readonly id: number;
  readonly payload: string;
  /** The text of its id, as far as SQL can tell. */
  readonly ownId: string;
}

/** Reports whether a run has loaded any record. */
export async function hasLoaded(db: Queryable, runId: string): Promise<boolean> {
  const { rowCount } = await db.query("select from ledger.batches where run_id = $1 and records_loaded > 0 limit 1", [
    runId,
  ]);
  return rowCount === 1;
}

/** Which open records are wanted: the newest first, or the oldest of those between two ids. */
export type SupersedableRange =
  | { readonly order: "newest" }
  | { readonly order: "oldest"; readonly after: number; readonly before: number };

/** Returns the ids of open records of a dataset that may have been delivered again, `limit` of them at most. */
export async function readSupersedable(
  db: Queryable,
  dataset: DatasetName,
  range: SupersedableRange,
  limit: number,
): Promise<number[]> {
  const { rows } = await db.query<{ id: number }>(
    `select id from ledger.quarantine q
     where q.dataset = $1 and q.status = 'open' and q.reason = any ($2) and ($4::bigint is null or q.id > $4)
       and ($5::bigint is null or q.id < $5)
     order by id ${range.order === "newest" ? "desc" : ""} limit $3`,
    [...[dataset, SUPERSEDABLE, limit], ...(range.order === "newest" ? [null, null] : [range.after, range.before])],
  );
  return rows.map(({ id }) => id);
}

/**
 * Locks and returns those of the given open records whose id a later delivery has loaded. What somebody else works on is left out: it is
 * about to be closed, or loaded. `isLoaded` is trusted SQL: see `Redelivery` of the datasets.
 */
export async function lockRedelivered(
  client: Client,
  { idField, isLoaded }: { readonly idField: string; readonly isLoaded: string },
  ids: readonly number[],
): Promise<RedeliveredRecord[]> {
  const { rows } = await client.query<RedeliveredRecord>(
    // The payload may be no JSON, so it is not cast: what the pattern finds, the caller holds against the record. `offset 0` has it looked
    // for once, and not wherever its id is compared, which is most of what this costs.
    `select q.id, q.payload, k.id as "ownId"
     from ledger.quarantine q
     join ledger.files f on f.id = q.file_id
     cross join lateral (select substring(q.payload from $1) as id offset 0) k
     where q.id = any ($2) and q.status = 'open' and q.reason = any ($3) and q.payload_encoding = 'utf8'
       and k.id is not null and ${isLoaded}
     order by q.id for update of q skip locked`,
    [`"${idField}"\\s*:\\s*"?([^",}\\s]+)`, ids, SUPERSEDABLE],
  );
  return rows;
}

/** Closes records, which the caller has locked, as superseded. */
export async function closeAsSuperseded(client: Client, ids: readonly number[]): Promise<void> {
  await client.query(
    "update ledger.quarantine set status = 'superseded', resolved_at = clock_timestamp() where id = any ($1)",
    [ids],
  );
}
