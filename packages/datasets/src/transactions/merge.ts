import type { StagingTable } from "@lethe/contracts/data-map";
import type { Merge } from "../dataset.js";

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
 * Of transactions whose person is, or was, on the suppression list: by what each is known again if it was erased. Everybody
 * else's have no row here, and cost nothing.
 */
export const ERASED_STAGING: StagingTable = {
  name: "stage_erased_transactions",
  columns: [
    ["ordinal", "integer"],
    ["record_hash", "bytea"],
    ["key_id", "text"],
    ["original_id", "uuid"],
    ["is_masked", "boolean"],
    ["is_folded", "boolean"],
  ],
};

/**
 * Inserts what is new and refers to what is there: see `sql-scripts/functions/take_transactions.sql`. What it rejects is found as
 * transactions are inserted, and only their addresses and lines are left to `apply`. Two batches with the same transaction
 * at once: the later one waits for the key, fails on it and finds a duplicate when it is tried again.
 */
export const TRANSACTION_MERGE: Merge = {
  batchesAtOnce: 4,
  openStage: "select warehouse.open_transaction_stage()",
  lock: null,
  findRejects: [
    `insert into stage_rejects (part, ordinal, reason, missing_key)
     select part, ordinal, reason, missing_key from warehouse.take_transactions()`,
  ],
  apply: ["select warehouse.merge_transactions()"],
  missingKeyArrived: `(
    q.reason = 'unknown_customer' and exists (select from warehouse.customers c where c.id = q.missing_key)
    or q.reason = 'unknown_sku' and exists (select from warehouse.products p where p.sku = q.missing_key::integer)
  )`,
  redelivery: {
    idField: "transaction_id",
    isLoaded: `exists (
      select from warehouse.transactions t
      where t.transaction_id = case when lower(k.id) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then k.id::uuid end
        and t.source_file_id > q.file_id
    )`,
  },
};
