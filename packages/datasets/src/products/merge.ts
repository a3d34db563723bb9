import type { StagingTable } from "@lethe/contracts/data-map";
import type { Merge } from "../dataset.js";
import { versionedMerge } from "../versioned-merge.js";

export const PRODUCT_STAGING: StagingTable = {
  name: "stage_products",
  columns: [
    ["ordinal", "integer"],
    ["file_id", "bigint"],
    ["line", "bigint"],
    ["source_partition", "timestamptz"],
    ["sku", "integer"],
    ["name", "text"],
    ["price", "numeric"],
    ["category", "text"],
    ["popularity", "double precision"],
  ],
};

/** The newest partition wins, else the later file and line; the others go to the history. */
export const PRODUCT_MERGE: Merge = versionedMerge({
  stage: PRODUCT_STAGING.name,
  table: "warehouse.products",
  history: "warehouse.products_history",
  key: "sku",
  idField: "sku",
  keyOfRejected: "case when k.id ~ '^[0-9]{1,9}$' then k.id::integer end",
  columns: ["name", "price", "category", "popularity"],
  extraColumns: [],
});
