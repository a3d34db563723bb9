import type { Merge, StagingTable } from "../dataset.js";

/** A transaction with its delivery address: they are one to one, so one copy brings both. */
export const TRANSACTION_STAGING: StagingTable = {
  name: "stage_transactions",
  columns: [
    ["ordinal", "integer"],
    ["file_id", "bigint"],
    ["transaction_id", "uuid"],
    ["transaction_time", "timestamptz"],
    ["customer_id", "text"],
    ["total_cost", "numeric"],
    ["address", "text"],
    ["postcode", "text"],
    ["city", "text"],
    ["country", "text"],
    ["country_code", "text"],
  ],
};

export const PURCHASE_STAGING: StagingTable = {
  name: "stage_purchases",
  columns: [
    ["ordinal", "integer"],
    ["line", "smallint"],
    ["sku", "integer"],
    ["quantity", "integer"],
    ["price", "numeric"],
    ["total", "numeric"],
  ],
};

/**
 * Inserts what is new and refers to what is there: see `sql-scripts/0012_merge_in_groups.sql`. Two batches with the same
 * transaction at once: the later one waits for the key, fails on it and finds a duplicate when it is tried again.
 *
 * Lookups are lateral with a limit, which keeps the planner at one probe of an index for each key: its own choice, a hash
 * of all that is in the warehouse, would cost more with every batch that comes in.
 */
export const TRANSACTION_MERGE: Merge = {
  batchesAtOnce: 4,
  openStage: "select warehouse.open_transaction_stage()",
  lock: null,
  findRejects: [
    `insert into stage_rejects (part, ordinal, reason)
     select s.part, s.ordinal, 'duplicate'
     from (select part, ordinal, transaction_id from stage_transactions order by transaction_id) s
     cross join lateral (
       select from warehouse.transactions t where t.transaction_id = s.transaction_id limit 1
     ) as there`,
    `insert into stage_rejects (part, ordinal, reason, missing_key)
     select s.part, s.ordinal, 'unknown_customer', s.customer_id
     from stage_transactions s
     where s.customer_id in (
       select k.customer_id from (select distinct customer_id from stage_transactions) k
       left join lateral (select true as there from warehouse.customers c where c.id = k.customer_id limit 1) c on true
       where c.there is null
     )
     on conflict do nothing`,
    `insert into stage_rejects (part, ordinal, reason, missing_key)
     select distinct on (s.part, s.ordinal) s.part, s.ordinal, 'unknown_sku', s.sku::text
     from stage_purchases s
     where s.sku in (
       select k.sku from (select distinct sku from stage_purchases) k
       left join lateral (select true as there from warehouse.products p where p.sku = k.sku limit 1) p on true
       where p.there is null
     )
     order by s.part, s.ordinal, s.line
     on conflict do nothing`,
    // Within a batch the transformer has found them.
    `insert into stage_rejects (part, ordinal, reason)
     select part, ordinal, 'duplicate'
     from (select s.part, s.ordinal, row_number() over (partition by s.transaction_id order by s.part, s.ordinal) as copy
           from stage_transactions s
           where not exists (select from stage_rejects r where (r.part, r.ordinal) = (s.part, s.ordinal))) as copies
     where copy > 1`,
  ],
  before: [],
  apply: [
    "delete from stage_purchases s using stage_rejects r where (r.part, r.ordinal) = (s.part, s.ordinal)",
    "delete from stage_transactions s using stage_rejects r where (r.part, r.ordinal) = (s.part, s.ordinal)",
    "select warehouse.merge_transactions()",
  ],
  missingKeyArrived: `(
    q.reason = 'unknown_customer' and exists (select from warehouse.customers c where c.id = q.missing_key)
    or q.reason = 'unknown_sku' and exists (select from warehouse.products p where p.sku = q.missing_key::integer)
  )`,
};
