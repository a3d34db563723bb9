import type { StagingTable } from "@lethe/contracts/data-map";
import type { Merge } from "../dataset.js";

export const RETURN_STAGING: StagingTable = {
  name: "stage_returns",
  columns: [
    ["ordinal", "integer"],
    ["file_id", "bigint"],
    ["return_id", "text"],
    ["customer_id", "text"],
    ["sku", "integer"],
    ["returned_on", "date"],
    ["reason", "text"],
  ],
};

/** Inserts what is new; a return of a customer who is not there yet waits in quarantine until they are. */
export const RETURN_MERGE: Merge = {
  batchesAtOnce: 1,
  openStage: null,
  lock: "select pg_advisory_xact_lock(hashtextextended('lethe merge warehouse.returns', 0))",
  findRejects: [
    `insert into stage_rejects (ordinal, reason)
     select s.ordinal, 'duplicate' from stage_returns s
     where exists (select from warehouse.returns r where r.return_id = s.return_id)`,
    `insert into stage_rejects (ordinal, reason, missing_key)
     select s.ordinal, 'unknown_customer', s.customer_id from stage_returns s
     where not exists (select from warehouse.customers c where c.id = s.customer_id)
     on conflict do nothing`,
    // Of several returns with one number the first that is taken stands.
    `insert into stage_rejects (ordinal, reason)
     select s.ordinal, 'duplicate' from stage_returns s
     where exists (
       select from stage_returns e
       where e.return_id = s.return_id and e.ordinal < s.ordinal
         and not exists (select from stage_rejects r where r.ordinal = e.ordinal)
     )
     on conflict (part, ordinal) do update set reason = excluded.reason, missing_key = null`,
  ],
  apply: [
    `insert into warehouse.returns (return_id, customer_id, sku, returned_on, reason, source_file_id)
     select s.return_id, s.customer_id, s.sku, s.returned_on, s.reason, s.file_id
     from stage_returns s
     where not exists (select from stage_rejects r where r.ordinal = s.ordinal)`,
  ],
  missingKeyArrived:
    "q.reason = 'unknown_customer' and exists (select from warehouse.customers c where c.id = q.missing_key)",
  redelivery: {
    idField: "return_id",
    isLoaded:
      "exists (select from warehouse.returns r where r.return_id::text = lower(k.id) and r.source_file_id > q.file_id)",
  },
};
