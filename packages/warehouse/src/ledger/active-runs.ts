import type { DatasetName } from "@lethe/contracts/datasets";
import type { RunKind } from "@lethe/contracts/runs";
import type { Queryable } from "../pool.js";
import { batchIsPending, runIsActive } from "./states.js";

/** An active run and what of it must be in the queues. */
export interface ActiveRun {
  readonly runId: string;
  readonly kind: RunKind;
  readonly extracted: boolean;
  readonly batchIds: readonly string[];
  /** Those of them that wait for the loader alone. */
  readonly transformedIds: readonly string[];
}

/** Returns every active run with its pending batches, the longest waiting first. */
export async function readActiveRuns(db: Queryable): Promise<ActiveRun[]> {
  const { rows } = await db.query<ActiveRun>(
    `select r.id as "runId", r.kind, r.extracted_at is not null as extracted,
            coalesce(array_agg(b.id::text order by b.number) filter (where b.id is not null), '{}') as "batchIds",
            coalesce(array_agg(b.id::text order by b.number)
                       filter (where b.state = 'transformed' and not b.restaging and not b.republishing), '{}') as "transformedIds"
     from ledger.runs r
     left join ledger.batches b on b.run_id = r.id and ${batchIsPending("b.state")}
     where ${runIsActive("r.state")}
     group by r.id
     order by min(r.requested_at)`,
  );
  return rows;
}

/** Returns the age in seconds of the oldest active run: 0 when there is none. */
export async function oldestActiveRunSeconds(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ seconds: number }>(
    `select coalesce(extract(epoch from clock_timestamp() - min(requested_at)), 0)::double precision as seconds
     from ledger.runs where ${runIsActive()}`,
  );
  return rows[0]?.seconds ?? 0;
}

/** Returns which of these runs are active. */
export async function whichAreActive(db: Queryable, runIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(
    `select id from ledger.runs
     where id::text = any ($1) and ${runIsActive()}`,
    [runIds],
  );
  return new Set(rows.map((row) => row.id));
}

/** Reports whether a dataset has an active run that is no backfill. */
export async function hasLiveRun(db: Queryable, job: DatasetName): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from ledger.runs where job = $1 and kind <> 'backfill' and ${runIsActive()} limit 1`,
    [job],
  );
  return rowCount === 1;
}
