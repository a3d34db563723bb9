import { DATASET_NAMES, type DatasetName } from "@lethe/contracts/datasets";

/** `json`: lines, one object, or an array; `ndjson`: lines; `csv`: a header and rows. */
export interface InputFormat {
  readonly shape: "json" | "ndjson" | "csv";
  readonly gzip: boolean;
}

/**
 * Reads dataset and format off a file's name: `transactions.json.gz`, or with a tag where several files of a dataset come
 * in one hour, `erasure-requests.7f3a.ndjson`. Undefined for a name that is of none.
 */
export function parseFileName(
  name: string,
): { readonly dataset: DatasetName; readonly format: InputFormat } | undefined {
  const [, stem, shape, gz] = /^([a-z-]+)(?:\.[A-Za-z0-9_-]{1,64})?\.(json|ndjson|csv)(\.gz)?$/.exec(name) ?? [];
  const dataset = DATASET_NAMES.find((known) => known === stem);
  if (dataset === undefined || (shape !== "json" && shape !== "ndjson" && shape !== "csv")) return undefined;
  return { dataset, format: { shape, gzip: gz !== undefined } };
}
