import type { DatasetName } from "@lethe/contracts/datasets";
import type { Partition } from "@lethe/contracts/partition";
import type { Client, Queryable } from "../pool.js";
import { type PartRow, toPart, type UnpublishedPart } from "./finish-files.js";

/** A part of a processed file that a backfill writes anew. */
export interface BackfilledPart extends UnpublishedPart {
  /** Whether the run has loaded all of the partition's files that it was to take. */
  readonly isComplete: boolean;
}

/** Returns what a backfill has staged of so many partitions at most, ordered by partition, file and line; complete ones alone, if asked for. */
export async function backfilledParts(
  db: Queryable,
  runId: string,
  partitions: number,
  which: "all" | "complete",
): Promise<BackfilledPart[]> {
  const { rows } = await db.query<PartRow & { readonly is_complete: boolean }>(
    `with incomplete as (
       select f.partition_date, f.partition_hour
       from ledger.backfill_files t join ledger.files f on f.id = t.file_id
       where t.run_id = $1 and t.rewrites and f.state <> 'quarantined'
         and (t.outcome is distinct from 'staged'
              or exists (select from ledger.batch_segments s join ledger.batches b on b.id = s.batch_id
                         where s.file_id = f.id and b.run_id = $1 and b.state <> 'loaded'))
     )
     select date, hour, batch_id, output, position, published_offset, published_bytes, is_complete
     from (select f.partition_date as date, f.partition_hour as hour, f.id as file_id, s.first_line,
                  s.batch_id, b.output, s.position, s.published_offset, s.published_bytes, is_complete,
                  dense_rank() over (order by f.partition_date, f.partition_hour) as nth
           from ledger.batches b
           join ledger.batch_segments s on s.batch_id = b.id
           join ledger.files f on f.id = s.file_id
           cross join lateral (
             select (f.partition_date, f.partition_hour) not in (select * from incomplete) as is_complete
           ) as c
           where b.run_id = $1 and b.state = 'loaded' and s.published_bytes > 0 and ($3 = 'all' or is_complete)
          ) as parts
     where nth <= $2
     order by date, hour, file_id, first_line, position`,
    [runId, partitions, which],
  );
  return rows.map((row) => ({ ...toPart(row), isComplete: row.is_complete }));
}

/**
 * Reports whether a partition's processed file holds records that a backfill has not staged: of a file that it did not take, or that a
 * replay has loaded since. Call it under the lock of the dataset's publication.
 */
export async function hasOtherOutput(
  client: Client,
  runId: string,
  dataset: DatasetName,
  { date, hour }: Partition,
): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `select exists (
       select from ledger.files f
       where f.dataset = $2 and f.partition_date = $3 and f.partition_hour = $4 and f.records_loaded > 0
         and (not exists (select from ledger.backfill_files t where t.run_id = $1 and t.file_id = f.id)
              or exists (select from ledger.quarantine q join ledger.runs r on r.id = $1
                         where q.file_id = f.id and q.status = 'replayed' and q.resolved_at >= r.requested_at))
     ) as found`,
    [runId, dataset, date, hour],
  );
  return rows[0]?.found === true;
}

/** Reports whether a backfill has staged every archived file of its dataset of which records were loaded. */
export async function isWholeBackfill(db: Queryable, runId: string, dataset: DatasetName): Promise<boolean> {
  const { rows } = await db.query(
    `select from ledger.files f
     where f.dataset = $2 and f.state = 'done' and f.kept_path is not null and f.records_loaded > 0
       and not exists (select from ledger.backfill_files t
                       where t.run_id = $1 and t.file_id = f.id and t.outcome = 'staged')
     limit 1`,
    [runId, dataset],
  );
  return rows.length === 0;
}

/** Records that parts are not published, and will not be. */
export async function dropParts(client: Client, parts: readonly UnpublishedPart[]): Promise<void> {
  await client.query(
    `update ledger.batch_segments s set published_bytes = 0
     from unnest($1::uuid[], $2::integer[]) as p (batch_id, position)
     where s.batch_id = p.batch_id and s.position = p.position`,
    [parts.map(({ batchId }) => batchId), parts.map(({ position }) => position)],
  );
}
