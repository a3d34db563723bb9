/**
 * The datasets that Lethe knows, in the order in which a full load runs them:
 * transactions refer to customers and products, erasure requests to customers.
 */
export const DATASET_NAMES = ["customers", "products", "transactions", "erasure-requests"] as const;

export type DatasetName = (typeof DATASET_NAMES)[number];

/** Reports whether a text from outside names a dataset. */
export function isDatasetName(text: string): text is DatasetName {
  return (DATASET_NAMES as readonly string[]).includes(text);
}
