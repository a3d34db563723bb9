import type { DatabaseDeclaration, TableDeclaration } from "@lethe/contracts/data-map";
import type { DatasetName } from "@lethe/contracts/datasets";
import { CUSTOMER_STAGING } from "./customers/merge.js";
import { CUSTOMER_TABLES } from "./customers/tables.js";
import { ERASURE_REQUEST_STAGING } from "./erasure-requests/merge.js";
import { ERASURE_REQUEST_TABLES } from "./erasure-requests/tables.js";
import { PRODUCT_STAGING } from "./products/merge.js";
import { PRODUCT_TABLES } from "./products/tables.js";
import { PURCHASE_STAGING, TRANSACTION_STAGING } from "./transactions/merge.js";
import { TRANSACTION_TABLES } from "./transactions/tables.js";

/** Each dataset's own tables. */
export const DATASET_TABLES: Readonly<Record<DatasetName, readonly TableDeclaration[]>> = {
  customers: CUSTOMER_TABLES,
  products: PRODUCT_TABLES,
  transactions: TRANSACTION_TABLES,
  "erasure-requests": ERASURE_REQUEST_TABLES,
};

/** What the database is told of the datasets. */
export const databaseDeclaration: DatabaseDeclaration = {
  tables: Object.values(DATASET_TABLES).flat(),
  stagingTables: [CUSTOMER_STAGING, PRODUCT_STAGING, TRANSACTION_STAGING, PURCHASE_STAGING, ERASURE_REQUEST_STAGING],
};
