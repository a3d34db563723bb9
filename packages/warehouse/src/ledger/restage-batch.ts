import type { Partition } from "@lethe/contracts/partition";
import type { Queryable } from "../pool.js";
import { announceRun } from "./run-events.js";
import { batchIsPending } from "./states.js";

/** How often damage in a batch is made good before it is given up: a disk that damages all has to be told of. */
const DAMAGES_AT_MOST = 5;

/**
 * Notes that something staged of a batch is missing or damaged. With `restaging` its lines are to be made again, and nothing
 * is loaded of it before that. Returns whether that may be made good: `ended` for a batch that needs it no more, and
 * `too often` for one that is to be given up.
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

/** Where a segment of a batch came from. */
export interface SegmentOrigin {
  readonly fileId: number;
  /** Relative to landing. */
  readonly path: string;
  readonly sha256: Buffer;
  readonly partition: Partition;
  readonly firstLine: number;
  readonly lineCount: number;
  /** The quarantined records of a replay; null for lines of the file. */
  readonly quarantineIds: readonly number[] | null;
}

/** Returns where a batch's segments came from, in their order, and the bytes of all of its lines. */
export async function readOrigins(
  db: Queryable,
  batchId: string,
): Promise<{ readonly bytes: number; readonly segments: readonly SegmentOrigin[] }> {
  const { rows } = await db.query<
    Omit<SegmentOrigin, "partition"> & { batchBytes: number; date: string; hour: number }
  >(
    `select b.bytes as "batchBytes", s.file_id as "fileId", f.path, f.sha256, f.partition_date as date,
            f.partition_hour as hour, s.first_line as "firstLine", s.line_count as "lineCount",
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

/** Notes that a batch's lines are staged again. Returns false for a batch that has ended: it stays as it is. */
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
