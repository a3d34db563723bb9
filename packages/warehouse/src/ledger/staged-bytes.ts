import type { Queryable } from "../pool.js";
import { announceRun } from "./run-events.js";
import { batchIsPending, runIsActive } from "./states.js";

/** How much of the staging area is in use. */
export interface StagedSpace {
  /** Bytes of all runs. A pending batch counts with the size that it will grow to. */
  readonly bytes: number;
  /** Those of them that failed and cancelled runs keep for a retry. */
  readonly bytesOfClosedRuns: number;
  /** The number of pending batches of active runs, which free their space when they are loaded. */
  readonly batchesAtWork: number;
}

/** Measures the staging area. A batch takes up at most `growth` times the size of its lines, the lines included. */
export async function readStagedSpace(db: Queryable, growth: number): Promise<StagedSpace> {
  const { rows } = await db.query<StagedSpace>(
    `select coalesce(sum(case when at_work then greatest(staged_bytes, bytes * $1) else staged_bytes end), 0)::bigint as bytes,
            coalesce(sum(staged_bytes) filter (where not is_active), 0)::bigint as "bytesOfClosedRuns",
            count(*) filter (where at_work) as "batchesAtWork"
     from (select b.bytes, b.staged_bytes, is_active, is_active and ${batchIsPending("b.state")} as at_work
           from ledger.batches b
           join ledger.runs r on r.id = b.run_id,
           lateral (select ${runIsActive("r.state")} as is_active) as run
           where b.staged_bytes > 0 or ${batchIsPending("b.state")}) as staged`,
    [growth],
  );
  return rows[0] ?? { bytes: 0, bytesOfClosedRuns: 0, batchesAtWork: 0 };
}

/** Returns the bytes of loaded batches of all runs that are staged until they are published. */
export async function unpublishedBytes(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ bytes: number }>(
    `select coalesce(sum(staged_bytes), 0)::bigint as bytes
     from ledger.batches where staged_bytes > 0 and state = 'loaded'`,
  );
  return rows[0]?.bytes ?? 0;
}

/** Returns a run's loaded batches that still take up staging space although they are published. */
export async function publishedBatches(db: Queryable, runId: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from ledger.batches b
     where run_id = $1 and state = 'loaded' and staged_bytes > 0
       and not exists (select from ledger.batch_segments s where s.batch_id = b.id and s.published_bytes > 0)`,
    [runId],
  );
  return rows.map((row) => row.id);
}

/** Records that only the unpublished output of loaded batches is still staged, and notifies whoever waits for space. */
export async function settleStagedBytes(db: Queryable, runId: string, batchIds: readonly string[]): Promise<void> {
  await db.query(
    `update ledger.batches b
     set staged_bytes = (select coalesce(sum(published_bytes), 0) from ledger.batch_segments s where s.batch_id = b.id)
     where id = any ($1) and state = 'loaded'`,
    [batchIds],
  );
  await announceRun(db, runId);
}

/** Records that everything staged for runs was removed, and notifies whoever waits for space. */
export async function forgetStaged(db: Queryable, runIds: readonly string[]): Promise<void> {
  const { rows } = await db.query<{ id: string }>(
    `with forgotten as (
       update ledger.batches set staged_bytes = 0 where run_id = any ($1) and staged_bytes > 0 returning run_id
     )
     select distinct run_id as id from forgotten`,
    [runIds],
  );
  for (const { id } of rows) await announceRun(db, id);
}
