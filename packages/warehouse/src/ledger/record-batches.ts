import { RunStateError } from "@lethe/contracts/errors";
import { isActive, type RunState } from "@lethe/contracts/runs";
import type { Segment } from "@lethe/contracts/staged-batch";
import type { Queryable } from "../pool.js";
import type { ExtractionClient } from "./extraction-fence.js";
import { announceRun } from "./run-events.js";
import { batchIsPending } from "./states.js";

export interface NewBatch {
  readonly id: string;
  readonly runId: string;
  /** The size of its lines. */
  readonly bytes: number;
  /** The size of everything staged for it. */
  readonly stagedBytes: number;
  readonly segments: readonly Segment[];
}

/**
 * Records a staged batch with its segments, as the run's next by number. Throws RunStateError when
 * the run is no longer active: it was cancelled, and its extraction must stop.
 */
export async function recordBatch(client: ExtractionClient, batch: NewBatch): Promise<void> {
  // A lock shared with loads and other batches: a cancellation waits for it, and nothing is recorded after one.
  const { rows } = await client.query<{ state: RunState }>("select state from ledger.runs where id = $1 for share", [
    batch.runId,
  ]);
  if (rows[0] === undefined || !isActive(rows[0].state)) throw new RunStateError(`run ${batch.runId} is closed`);
  await client.query(
    `insert into ledger.batches (id, run_id, number, state, bytes, staged_bytes)
     select $1, $2, coalesce(max(number), 0) + 1, 'staged', $3, $4 from ledger.batches where run_id = $2`,
    [batch.id, batch.runId, batch.bytes, batch.stagedBytes],
  );
  await client.query(
    `insert into ledger.batch_segments (batch_id, position, file_id, first_line, line_count, quarantine_ids)
     select $1, position - 1, file_id, first_line, line_count, ids::bigint[]
     from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[]) with ordinality
       as segment (file_id, first_line, line_count, ids, position)`,
    [
      batch.id,
      batch.segments.map((segment) => segment.fileId),
      batch.segments.map((segment) => segment.firstLine),
      batch.segments.map((segment) => segment.lineCount),
      // An array of arrays would have to be rectangular.
      batch.segments.map(({ quarantineIds }) => quarantineIds && `{${quarantineIds.join(",")}}`),
    ],
  );
  await announceRun(client, batch.runId);
}

/**
 * Records that these files are extracted: each is complete when all of its batches are loaded. Segments of a file in replays
 * do not count, only those in the run that took the file.
 */
export async function completeFiles(db: ExtractionClient, fileIds: readonly number[]): Promise<void> {
  await db.query(
    `update ledger.files f
     set batches_total = (select count(distinct s.batch_id)
                          from ledger.batch_segments s join ledger.batches b on b.id = s.batch_id
                          where s.file_id = f.id and b.run_id = f.run_id)
     where id = any ($1)`,
    [fileIds],
  );
}

/** Returns the line behind the last line of a file that is in a batch, where an interrupted extraction resumes. */
export async function nextLineOfFile(db: Queryable, fileId: number): Promise<number> {
  const { rows } = await db.query<{ next: number }>(
    `select coalesce(max(s.first_line + s.line_count), 1) as next
     from ledger.files f
     join ledger.batch_segments s on s.file_id = f.id
     join ledger.batches b on b.id = s.batch_id and b.run_id = f.run_id
     where f.id = $1`,
    [fileId],
  );
  return rows[0]?.next ?? 1;
}

/** Returns the ids of a run's pending batches, in their order. */
export async function pendingBatches(db: Queryable, runId: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from ledger.batches where run_id = $1 and ${batchIsPending()} order by number`,
    [runId],
  );
  return rows.map((row) => row.id);
}
