import type { DatasetName } from "@lethe/contracts/datasets";
import type { RejectReason } from "@lethe/contracts/reject-reasons";
import type { Client } from "../pool.js";

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

/**
 * Locks and returns open records behind `afterId`, `limit` of them at most, whose id a later delivery has loaded. What somebody else works on
 * is left to the next run. `isLoaded` is trusted SQL: see `Redelivery` of the datasets.
 */
export async function lockRedelivered(
  client: Client,
  dataset: DatasetName,
  { idField, isLoaded }: { readonly idField: string; readonly isLoaded: string },
  afterId: number,
  limit: number,
): Promise<RedeliveredRecord[]> {
  const { rows } = await client.query<RedeliveredRecord>(
    // The payload may be no JSON, so it is not cast: what the pattern finds, the caller holds against the record.
    `select q.id, q.payload, k.id as "ownId"
     from ledger.quarantine q
     join ledger.files f on f.id = q.file_id
     cross join lateral (select substring(q.payload from $3) as id) k
     where q.dataset = $1 and q.status = 'open' and q.reason = any ($2) and q.payload_encoding = 'utf8' and q.id > $4
       and k.id is not null and ${isLoaded}
     order by q.id limit $5 for update of q skip locked`,
    [dataset, SUPERSEDABLE, `"${idField}"\\s*:\\s*"?([^",}\\s]+)`, afterId, limit],
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
