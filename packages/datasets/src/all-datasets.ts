import type { DatasetName } from "@lethe/contracts/datasets";
import type { MaskableFields } from "@lethe/privacy/policy";
import { createCustomers } from "./customers/dataset.js";
import type { Dataset } from "./dataset.js";
import { createErasureRequests } from "./erasure-requests/dataset.js";
import { createProducts } from "./products/dataset.js";
import { createTransactions } from "./transactions/dataset.js";

export type Datasets = Readonly<Record<DatasetName, Dataset>>;

/** Creates all datasets. */
export function createDatasets(): Datasets {
  return {
    customers: createCustomers(),
    products: createProducts(),
    transactions: createTransactions(),
    "erasure-requests": createErasureRequests(),
  };
}

/** Returns every dataset's fields, as the masking policy must name them. */
export function fieldsOf(datasets: Datasets): MaskableFields {
  return {
    customers: datasets.customers.fields,
    products: datasets.products.fields,
    transactions: datasets.transactions.fields,
    "erasure-requests": datasets["erasure-requests"].fields,
  };
}
