import type { Partition } from "@lethe/contracts/partition";
import type { Queryable } from "../pool.js";
import type { ExtractionClient } from "./extraction-fence.js";
import type { ReplayableRecord } from "./quarantine.js";

/** An archived file that a backfill is to take. */
export interface ArchivedFile {
  readonly id: number;
  /** Below the archive. */
  readonly keptPath: string;
  /** The name of the format in which it is kept. */
  readonly format: string | null;
  readonly partition: Partition;
  /** Its size as it came, in bytes, and the keyed hash of that content. */
  readonly bytes: number;
  readonly sha256: Buffer;
  /** Whether it is kept as it came: in one form, with nobody masked in it. */
  readonly isAsItCame: boolean;
  /** Lines that were cut of it when it was loaded. */
  readonly lineCount: number;
  /** Whether it stands in quarantine whole, and is below that folder instead. */
  readonly isQuarantined: boolean;
  /** Whether its partition's processed file is to be written anew; null while that is not decided. */
  readonly rewrites: boolean | null;
}

/** Returns the next files of a backfill that are not staged yet, in their order. */
export async function nextBackfillFiles(db: Queryable, runId: string, limit: number): Promise<ArchivedFile[]> {
  const { rows } = await db.query<Omit<ArchivedFile, "partition"> & { date: string; hour: number }>(
    `select f.id, f.kept_path as "keptPath", f.format, f.partition_date as date, f.partition_hour as hour, f.bytes, f.sha256,
            not f.masked and f.converted_from is null as "isAsItCame", t.rewrites, f.state = 'quarantined' as "isQuarantined",
            (select coalesce(sum(s.line_count), 0)::bigint
             from ledger.batch_segments s join ledger.batches b on b.id = s.batch_id
             where s.file_id = f.id and b.run_id = f.run_id) as "lineCount"
     from ledger.backfill_files t join ledger.files f on f.id = t.file_id
     where t.run_id = $1 and t.outcome is null and f.kept_path is not null order by t.position limit $2`,
    [runId, limit],
  );
  return rows.map(({ date, hour, ...file }) => ({ ...file, partition: { date, hour } }));
}

/** Returns the line behind the last line of a file that is in a batch of this run, where an interrupted extraction resumes. */
export async function nextLineOfBackfill(db: Queryable, runId: string, fileId: number): Promise<number> {
  const { rows } = await db.query<{ next: number }>(
    `select coalesce(max(s.first_line + s.line_count), 1) as next
     from ledger.batch_segments s join ledger.batches b on b.id = s.batch_id
     where s.file_id = $2 and b.run_id = $1 and s.quarantine_ids is null`,
    [runId, fileId],
  );
  return rows[0]?.next ?? 1;
}

/** Records what has become of files of a backfill. */
export async function recordBackfilled(
  client: ExtractionClient,
  runId: string,
  fileIds: readonly number[],
  outcome: "staged" | "absent" | "damaged",
): Promise<void> {
  await client.query("update ledger.backfill_files set outcome = $3 where run_id = $1 and file_id = any ($2)", [
    runId,
    fileIds,
    outcome,
  ]);
}

/** Records whether a backfill writes the processed file of a partition anew. */
export async function decideRewrite(
  client: ExtractionClient,
  runId: string,
  { date, hour }: Partition,
  rewrites: boolean,
): Promise<void> {
  await client.query(
    `update ledger.backfill_files t set rewrites = $4
     from ledger.files f
     where t.run_id = $1 and f.id = t.file_id and f.partition_date = $2 and f.partition_hour = $3`,
    [runId, date, hour, rewrites],
  );
}

/**
 * Returns the records of these files that a replay from quarantine has loaded, by line, each as it was loaded: it may have been
 * edited since it came. One that is superseded keeps none out: a correction shares the line of what it corrects.
 */
export async function replayedRecords(db: Queryable, fileIds: readonly number[]): Promise<ReplayableRecord[]> {
  const { rows } = await db.query<ReplayableRecord>(
    `select distinct on (q.file_id, q.line) q.id, q.file_id as "fileId", f.partition_date as date, f.partition_hour as hour,
            q.line, q.payload, q.payload_encoding as "payloadEncoding"
     from ledger.quarantine q join ledger.files f on f.id = q.file_id
     where q.file_id = any ($1) and q.line is not null and q.status = 'replayed' and q.payload is not null
       and not exists (select from ledger.quarantine o
                       where o.file_id = q.file_id and o.line = q.line and o.status in ('open', 'discarded'))
     order by q.file_id, q.line, q.id desc`,
    [fileIds],
  );
  return rows;
}

/** Returns which of these paths below the archive are of files that the ledger has. */
export async function knownArchivedPaths(db: Queryable, paths: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ path: string }>(
    "select kept_path as path from ledger.files where kept_path = any ($1) and state <> 'quarantined'",
    [paths],
  );
  return new Set(rows.map(({ path }) => path));
}
