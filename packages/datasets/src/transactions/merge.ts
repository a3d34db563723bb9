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
    ["transaction_id", "uuid"],
    ["line", "smallint"],
    ["sku", "integer"],
    ["quantity", "integer"],
    ["price", "numeric"],
    ["total", "numeric"],
  ],
};

const ACCEPTED = "not exists (select from stage_rejects r where r.ordinal = s.ordinal)";

/**
 * Inserts what is new and refers to what is there. Two batches with the same transaction at once: the later one waits for
 * the key, fails on it and finds a duplicate when it is tried again.
 */
export const TRANSACTION_MERGE: Merge = {
  lock: null,
  findRejects: [
    `insert into stage_rejects (ordinal, reason)
     select s.ordinal, 'duplicate' from stage_transactions s
     where exists (select from warehouse.transactions t where t.transaction_id = s.transaction_id)`,
    `insert into stage_rejects (ordinal, reason, missing_key)
     select s.ordinal, 'unknown_customer', s.customer_id from stage_transactions s
     where not exists (select from warehouse.customers c where c.id = s.customer_id)
     on conflict (ordinal) do nothing`,
    `insert into stage_rejects (ordinal, reason, missing_key)
     select distinct on (s.ordinal) s.ordinal, 'unknown_sku', s.sku::text from stage_purchases s
     where not exists (select from warehouse.products p where p.sku = s.sku)
     order by s.ordinal, s.line
     on conflict (ordinal) do nothing`,
  ],
  before: [],
  apply: [
    `insert into warehouse.transactions (transaction_id, transaction_time, customer_id, total_cost, source_file_id)
     select s.transaction_id, s.transaction_time, s.customer_id, s.total_cost, s.file_id
     from stage_transactions s where ${ACCEPTED}`,
    `insert into warehouse.delivery_addresses (transaction_id, address, postcode, city, country, country_code)
     select s.transaction_id, s.address, s.postcode, s.city, s.country, s.country_code
     from stage_transactions s where ${ACCEPTED}`,
    `insert into warehouse.purchases (transaction_id, line, sku, quantity, price, total)
     select s.transaction_id, s.line, s.sku, s.quantity, s.price, s.total
     from stage_purchases s where ${ACCEPTED}`,
  ],
  missingKeyArrived: `(
    q.reason = 'unknown_customer' and exists (select from warehouse.customers c where c.id = q.missing_key)
    or q.reason = 'unknown_sku' and exists (select from warehouse.products p where p.sku = q.missing_key::integer)
  )`,
};
