import type { DatasetName } from "@lethe/contracts/datasets";
import type { Queryable } from "../pool.js";

/** The records of files that are loaded, published and archived. */
export interface LoadedRecords {
  readonly in: number;
  readonly loaded: number;
  readonly rejected: number;
}

/** When a dataset was loaded last, and what has come since an instant. */
export interface LoadedOfDataset extends LoadedRecords {
  /** Null where nothing ever was. */
  readonly lastLoadedAt: Date | null;
}

/** Returns when each of these datasets was loaded last, and the records of the files that were done since an instant. */
export async function readLoadedSince(
  db: Queryable,
  datasets: readonly DatasetName[],
  since: Date,
): Promise<Map<DatasetName, LoadedOfDataset>> {
  const { rows } = await db.query<LoadedOfDataset & { dataset: DatasetName }>(
    `select d.dataset, sums.*,
            (select f.done_at from ledger.files f where f.dataset = d.dataset and f.done_at is not null
             order by f.done_at desc limit 1) as "lastLoadedAt"
     from unnest($1::text[]) as d (dataset)
     cross join lateral (
       select coalesce(sum(records_in), 0)::bigint as "in", coalesce(sum(records_loaded), 0)::bigint as loaded,
              coalesce(sum(records_rejected), 0)::bigint as rejected
       from ledger.files f where f.dataset = d.dataset and f.done_at >= $2
     ) as sums`,
    [datasets, since],
  );
  return new Map(rows.map(({ dataset, ...loaded }) => [dataset, loaded]));
}
