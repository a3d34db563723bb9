import type { RunBatch, RunFile } from "@lethe/contracts/runs";
import type { Queryable } from "../pool.js";
import { requireRun } from "./known-references.js";
import { partitionNameSql } from "./partition-name.js";

export interface PartFilter {
  /** The cursor of the previous page: only what comes after it. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** Returns one page of a run's batches in their order; the cursor is a batch's number. Throws NotFoundError for an unknown run. */
export async function listRunBatches(
  db: Queryable,
  runId: string,
  { after, limit }: PartFilter,
): Promise<{ batches: RunBatch[]; nextCursor: number | null }> {
  const { rows } = await db.query<BatchRow>(
    `select b.id, b.number, b.state, b.bytes, b.records_in, b.records_loaded, b.records_rejected, b.transform_ms, b.load_ms,
            b.created_at, b.transformed_at, b.loaded_at, case when b.state = 'failed' then b.failed_at end as failed_at,
            b.error_code, b.error_message, first.path, first.partition, coalesce(held.files, 0) as files
     from ledger.batches b
     left join lateral (
       select f.path, ${partitionNameSql("f")} as partition
       from ledger.batch_segments s join ledger.files f on f.id = s.file_id
       where s.batch_id = b.id order by s.position limit 1
     ) as first on true
     left join lateral (
       select count(distinct s.file_id) as files from ledger.batch_segments s where s.batch_id = b.id
     ) as held on true
     where b.run_id = $1 and b.number > $2
     order by b.number limit $3`,
    [runId, after ?? -1, limit + 1],
  );
  if (rows.length === 0) await requireRun(db, runId);
  const batches = rows.slice(0, limit).map(toBatch);
  return { batches, nextCursor: rows.length > limit ? (batches.at(-1)?.number ?? null) : null };
}

/**
 * Returns one page of the files that a run has taken, in the order in which it took them. A backfill takes archived files: `done` are those
 * of which all is in batches. The cursor is a file's place. Throws NotFoundError for an unknown run.
 */
export async function listRunFiles(
  db: Queryable,
  runId: string,
  { after, limit }: PartFilter,
): Promise<{ files: RunFile[]; nextCursor: number | null }> {
  const { rows } = await db.query<FileRow>(
    `select taken.place, taken.state, f.id, f.path, ${partitionNameSql("f")} as partition, f.bytes, f.batches_total,
            f.batches_loaded, f.records_in, f.records_loaded, f.records_rejected, f.created_at, f.done_at
     from (
       select id as place, id, state from ledger.files where run_id = $1
       union all
       select t.position, t.file_id,
              case coalesce(t.outcome, 'open') when 'staged' then 'done' else coalesce(t.outcome, 'open') end
       from ledger.backfill_files t where t.run_id = $1
     ) as taken join ledger.files f on f.id = taken.id
     where taken.place > $2
     order by taken.place limit $3`,
    [runId, after ?? -1, limit + 1],
  );
  if (rows.length === 0) await requireRun(db, runId);
  const page = rows.slice(0, limit);
  return { files: page.map(toFile), nextCursor: rows.length > limit ? (page.at(-1)?.place ?? null) : null };
}

interface Counts {
  readonly records_in: number;
  readonly records_loaded: number;
  readonly records_rejected: number;
}

interface BatchRow extends Counts {
  readonly id: string;
  readonly number: number;
  readonly state: RunBatch["state"];
  readonly bytes: number;
  readonly transform_ms: number;
  readonly load_ms: number;
  readonly created_at: Date;
  readonly transformed_at: Date | null;
  readonly loaded_at: Date | null;
  readonly failed_at: Date | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly path: string | null;
  readonly partition: string | null;
  readonly files: number;
}

interface FileRow extends Counts {
  readonly place: number;
  readonly id: number;
  readonly state: RunFile["state"];
  readonly path: string;
  readonly partition: string;
  readonly bytes: number;
  readonly batches_total: number | null;
  readonly batches_loaded: number;
  readonly created_at: Date;
  readonly done_at: Date | null;
}

function toBatch(row: BatchRow): RunBatch {
  const { id, number, state, bytes, path, partition, files } = row;
  return {
    ...{ id, number, state, bytes, files },
    records: recordsOf(row),
    file: path === null || partition === null ? null : { path, partition },
    extractedAt: row.created_at.toISOString(),
    transformedAt: row.transformed_at?.toISOString() ?? null,
    loadedAt: row.loaded_at?.toISOString() ?? null,
    failedAt: row.failed_at?.toISOString() ?? null,
    durationsMs: { transform: row.transform_ms, load: row.load_ms },
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? "" },
  };
}

function toFile(row: FileRow): RunFile {
  const { id, path, partition, state, bytes } = row;
  return {
    ...{ id, path, partition, state, bytes },
    batches: { total: row.batches_total, loaded: row.batches_loaded },
    records: recordsOf(row),
    takenAt: row.created_at.toISOString(),
    doneAt: row.done_at?.toISOString() ?? null,
  };
}

function recordsOf({ records_in, records_loaded, records_rejected }: Counts): RunFile["records"] {
  return { in: records_in, loaded: records_loaded, rejected: records_rejected };
}
