import type { DatasetName } from "@lethe/contracts/datasets";
import { SUCCESS_STATES } from "@lethe/contracts/runs";
import type { Queryable } from "../pool.js";

/** When a dataset was loaded last, in seconds since 1970; null for never. */
export interface Freshness {
  readonly dataset: DatasetName;
  /** The end of its last file: loaded, published and archived. */
  readonly lastFile: number | null;
  /** The end of its last run over files that succeeded. */
  readonly lastSuccess: number | null;
}

/** Returns when each dataset that has ever had a run was loaded last. */
export async function readFreshness(db: Queryable): Promise<Freshness[]> {
  const { rows } = await db.query<Freshness>(
    `select d.job as dataset,
            (select extract(epoch from f.done_at)::double precision from ledger.files f
             where f.dataset = d.job and f.done_at is not null order by f.done_at desc limit 1) as "lastFile",
            extract(epoch from d.last_success)::double precision as "lastSuccess"
     from (select job, max(finished_at) filter (where state = any ($1)) as last_success
           from ledger.runs where kind = 'files' group by job) d
     order by d.job`,
    [SUCCESS_STATES],
  );
  return rows;
}
