import type { DatasetName } from "@lethe/contracts/datasets";

/** `json`: lines, one object, or an array; `ndjson`: lines; `csv`: a header and rows. */
export interface InputFormat {
  readonly shape: "json" | "ndjson" | "csv";
  readonly gzip: boolean;
}

/**
 * Reads the dataset and the format from a file's name: `transactions.json.gz`, or with a tag if a dataset has several
 * files in an hour, `erasure-requests.7f3a.ndjson`. Returns undefined if the name belongs to none of the given
 * datasets.
 */
export function parseFileName(
  name: string,
  datasets: readonly DatasetName[],
): { readonly dataset: DatasetName; readonly format: InputFormat } | undefined {
  const dataset = datasets.find((known) => name.startsWith(`${known}.`));
  const format = inputFormatOf(name);
  return dataset === undefined || format === undefined ? undefined : { dataset, format };
}

/** Reads the format from the name or path of a dataset's file. Returns undefined if the name has no known format. */
export function inputFormatOf(path: string): InputFormat | undefined {
  const [, shape, gz] = /(?:^|\/)[a-z-]+(?:\.[A-Za-z0-9_-]{1,64})?\.(json|ndjson|csv)(\.gz)?$/.exec(path) ?? [];
  if (shape !== "json" && shape !== "ndjson" && shape !== "csv") return undefined;
  return { shape, gzip: gz !== undefined };
}
