import type { DatasetName } from "@lethe/contracts/datasets";
import { RUN_THRESHOLDS, type RunThresholdCode } from "@lethe/contracts/runs";
import type { Queryable } from "../pool.js";
import { runHasSucceeded } from "./states.js";

/** A run over files that failed because of its records. */
export interface ThresholdRun {
  readonly id: string;
  readonly code: RunThresholdCode;
  /** Holds counts, and no value of a record. */
  readonly message: string;
  readonly finishedAt: Date;
}

/**
 * Returns the newest run of a dataset that failed by each threshold and behind which none has succeeded. A run that had no records says
 * nothing of them.
 */
export async function readThresholdRuns(db: Queryable, job: DatasetName): Promise<ThresholdRun[]> {
  const { rows } = await db.query<ThresholdRun>(
    `select distinct on (r.error_code) r.id, r.error_code as code, coalesce(r.error_message, '') as message,
            r.finished_at as "finishedAt"
     from ledger.runs r
     where r.job = $1 and r.kind = 'files' and r.state = 'failed' and r.error_code = any ($2)
       and r.requested_at > coalesce((
         select max(s.requested_at) from ledger.runs s
         where s.job = $1 and s.kind = 'files' and ${runHasSucceeded("s.state")}
           and exists (select from ledger.batches b where b.run_id = s.id and b.records_in > 0)), '-infinity')
     order by r.error_code, r.requested_at desc`,
    [job, Object.keys(RUN_THRESHOLDS)],
  );
  return rows;
}
