import type { StagingTable } from "@lethe/contracts/data-map";
import type { Merge } from "../dataset.js";
import { versionedMerge } from "../versioned-merge.js";
import type { CleanCustomer } from "./clean.js";

const VERSION_COLUMNS: readonly (readonly [name: keyof CleanCustomer, type: string])[] = [
  ["first_name", "text"],
  ["last_name", "text"],
  ["date_of_birth", "date"],
  ["email", "text"],
  ["phone_number", "text"],
  ["phone_e164", "text"],
  ["address", "text"],
  ["city", "text"],
  ["country", "text"],
  ["country_code", "text"],
  ["postcode", "text"],
  ["last_change", "date"],
  ["segment", "text"],
];

export const CUSTOMER_STAGING: StagingTable = {
  name: "stage_customers",
  columns: [
    ["ordinal", "integer"],
    ["file_id", "bigint"],
    ["line", "bigint"],
    ["source_partition", "timestamptz"],
    ["erased_at", "timestamptz"],
    ["id", "text"],
    ...VERSION_COLUMNS,
  ],
};

/** The cleaned fields in the order of the staging table's last columns. */
export const CUSTOMER_ROW: readonly (keyof CleanCustomer)[] = ["id", ...VERSION_COLUMNS.map(([name]) => name)];

/** The newest `last_change` wins, else the newest partition, else the later file and line; the others go to the history. */
export const CUSTOMER_MERGE: Merge = versionedMerge({
  stage: CUSTOMER_STAGING.name,
  table: "warehouse.customers",
  history: "warehouse.customers_history",
  key: "id",
  idField: "id",
  // In its canonical form.
  keyOfRejected: "q.subject_customer_id",
  columns: VERSION_COLUMNS.map(([name]) => name),
  extraColumns: ["erased_at"],
  erasedAt: "erased_at",
  changed: "last_change",
});
