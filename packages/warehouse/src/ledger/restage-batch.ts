import type { Partition } from "@lethe/contracts/partition";
import type { Queryable } from "../pool.js";
import { announceRun } from "./run-events.js";
import { batchIsPending } from "./states.js";

/** How often a damaged batch is staged again before it fails: a disk that damages everything must be reported. */
const DAMAGES_AT_MOST = 5;

/**
 * Records that a staged object of a pending batch is missing or damaged. With `restaging`, the batch's lines must be staged
 * again before it can be loaded. Returns whether the batch should be repaired: `once more`, `ended` for a batch that has
 * ended, or `too often` for one that should fail.
 */
export async function noteDamage(
  db: Queryable,
  batchId: string,
  restaging: boolean,
): Promise<"once more" | "ended" | "too often"> {
  const { rows } = await db.query<{ damages: number }>(
    `update ledger.batches set state = 'staged', damages = damages + 1, restaging = restaging or $2
     where id = $1 and ${batchIsPending()}
     returning damages`,
    [batchId, restaging],
  );
  if (rows[0] === undefined) return "ended";
  return rows[0].damages > DAMAGES_AT_MOST ? "too often" : "once more";
}

/** The source of a segment of a batch. */
export interface SegmentOrigin {
  readonly fileId: number;
  /** Relative to landing. */
  readonly path: string;
  /** The run that claimed the file. */
  readonly fileRunId: string;
  readonly sha256: Buffer;
  /** The name of the format in which the file is kept. */
  readonly format: string | null;
  /** What the file was when it came, if Lethe keeps it in another form. */
  readonly convertedFrom: string | null;
  readonly partition: Partition;
  readonly firstLine: number;
  readonly lineCount: number;
  /** The quarantined records that a replay took; null for lines of the file. */
  readonly quarantineIds: readonly number[] | null;
}

/** Returns the sources of a batch's segments, in their order, and the size of all its lines. */
export async function readOrigins(
  db: Queryable,
  batchId: string,
): Promise<{ readonly bytes: number; readonly segments: readonly SegmentOrigin[] }> {
  const { rows } = await db.query<
    Omit<SegmentOrigin, "partition"> & { batchBytes: number; date: string; hour: number }
  >(
    `select b.bytes as "batchBytes", s.file_id as "fileId", f.path, f.run_id as "fileRunId", f.sha256, f.format,
            f.converted_from as "convertedFrom", f.partition_date as date, f.partition_hour as hour, s.first_line as "firstLine", s.line_count as "lineCount",
            to_json(s.quarantine_ids) as "quarantineIds"
     from ledger.batches b
     join ledger.batch_segments s on s.batch_id = b.id
     join ledger.files f on f.id = s.file_id
     where b.id = $1 order by s.position`,
    [batchId],
  );
  return {
    bytes: rows[0]?.batchBytes ?? 0,
    segments: rows.map(({ batchBytes: _bytes, date, hour, ...row }) => ({ ...row, partition: { date, hour } })),
  };
}

/** Records that a batch's lines are staged again. Returns false, and changes nothing, when the batch has ended. */
export async function recordRestaged(
  db: Queryable,
  runId: string,
  batchId: string,
  bytes: { readonly lines: number; readonly staged: number },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update ledger.batches set state = 'staged', restaging = false, bytes = $2, staged_bytes = $3
     where id = $1 and ${batchIsPending()}`,
    [batchId, bytes.lines, bytes.staged],
  );
  await announceRun(db, runId);
  return rowCount === 1;
}
