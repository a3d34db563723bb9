import type { Partition } from "@lethe/contracts/partition";
import type { Queryable } from "../pool.js";
import { announceRun } from "./run-events.js";

/** How often the lines of a batch are made again before it is given up: a disk that damages all has to be told of. */
const RESTAGES_AT_MOST = 5;

/**
 * Notes that a batch's lines are to be made again, so that nothing is loaded of it before that. Gives `ended` for a batch
 * that needs them no more, and `too often` for one that is to be given up.
 */
export async function askRestage(db: Queryable, batchId: string): Promise<"asked" | "ended" | "too often"> {
  const { rows } = await db.query<{ restages: number }>(
    `update ledger.batches set state = 'staged', restaging = true, restages = restages + 1
     where id = $1 and state in ('staged', 'transformed')
     returning restages`,
    [batchId],
  );
  if (rows[0] === undefined) return "ended";
  return rows[0].restages > RESTAGES_AT_MOST ? "too often" : "asked";
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

/** Gives where a batch's segments came from, in their order, and the bytes of all of its lines. */
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

/** Notes that a batch's lines are staged again. Gives false for a batch that has ended: it stays as it is. */
export async function recordRestaged(
  db: Queryable,
  runId: string,
  batchId: string,
  bytes: { readonly lines: number; readonly staged: number },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update ledger.batches set state = 'staged', restaging = false, bytes = $2, staged_bytes = $3
     where id = $1 and state in ('staged', 'transformed')`,
    [batchId, bytes.lines, bytes.staged],
  );
  await announceRun(db, runId);
  return rowCount === 1;
}
