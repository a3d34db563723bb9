import type { DatasetName } from "@lethe/contracts/datasets";
import type { Queryable } from "../pool.js";
import { runHasSucceeded } from "./states.js";

/** Runs of a job that failed. */
export interface FailedRuns {
  readonly job: DatasetName;
  readonly runs: number;
}

/** Counts, by job, the runs that failed and that no later run of the same job and kind has made good. */
export async function countFailedRuns(db: Queryable): Promise<FailedRuns[]> {
  const { rows } = await db.query<FailedRuns>(
    `select job, count(*) as runs from ledger.runs r
     where state = 'failed' and kind <> 'plan'
       and not exists (select from ledger.runs later
                       where later.job = r.job and later.kind = r.kind and later.requested_at > r.requested_at
                         and ${runHasSucceeded("later.state")})
     group by job order by job`,
  );
  return rows;
}
