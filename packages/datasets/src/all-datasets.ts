import type { DatasetName } from "@lethe/contracts/datasets";
import type { MaskableFields } from "@lethe/privacy/policy";
import { createCustomers } from "./customers/dataset.js";
import type { Dataset } from "./dataset.js";
import { createErasureRequests } from "./erasure-requests/dataset.js";
import { createProducts } from "./products/dataset.js";
import { createTransactions } from "./transactions/dataset.js";

export type Datasets = Readonly<Record<DatasetName, Dataset>>;

/** Makes all datasets. With `allowExtraFields`, fields that no schema names are dropped instead of rejected. */
export function createDatasets(allowExtraFields: boolean): Datasets {
  return {
    customers: createCustomers(allowExtraFields),
    products: createProducts(allowExtraFields),
    transactions: createTransactions(allowExtraFields),
    "erasure-requests": createErasureRequests(allowExtraFields),
  };
}

/** Gives every dataset's fields, as the masking policy must name them. */
export function fieldsOf(datasets: Datasets): MaskableFields {
  return {
    customers: datasets.customers.fields,
    products: datasets.products.fields,
    transactions: datasets.transactions.fields,
    "erasure-requests": datasets["erasure-requests"].fields,
  };
}
