import type { DatasetName } from "@lethe/contracts/datasets";
import type { Partition } from "@lethe/contracts/partition";
import { lockInTransaction, tryLockInTransaction } from "../advisory-lock.js";
import { addRewrittenFile } from "../feed/rewritten-files.js";
import type { Client, Queryable } from "../pool.js";

/** A part of a partition's processed file that is loaded and not yet published. */
export interface UnpublishedPart {
  readonly partition: Partition;
  readonly batchId: string;
  /** The attempt to load the batch that has staged the output. */
  readonly output: string | null;
  readonly position: number;
  /** The offset in the batch's staged output, in bytes. */
  readonly offset: number;
  readonly bytes: number;
}

/** Of which partitions output is asked for: of all, or of those to which a run that is extracted adds nothing more. */
export type PartitionsToPublish = "all" | "complete";

/** Returns what a run has loaded and not yet published, of so many partitions at most, ordered by partition, file and line. */
export async function unpublishedParts(
  db: Queryable,
  runId: string,
  partitions: number,
  which: PartitionsToPublish = "all",
): Promise<UnpublishedPart[]> {
  const { rows } = await db.query<PartRow>(
    `with incomplete as (
       select partition_date, partition_hour from ledger.files
       where run_id = $1 and state = 'open' and batches_loaded is distinct from batches_total
     )
     select date, hour, batch_id, output, position, published_offset, published_bytes
     from (select f.partition_date as date, f.partition_hour as hour, f.path, s.first_line,
                  s.batch_id, b.output, s.position, s.published_offset, s.published_bytes,
                  dense_rank() over (order by f.partition_date, f.partition_hour) as nth
           from ledger.batches b
           join ledger.batch_segments s on s.batch_id = b.id
           join ledger.files f on f.id = s.file_id
           where b.run_id = $1 and b.state = 'loaded' and s.published_bytes > 0
             and ($3 = 'all' or (f.partition_date, f.partition_hour) not in (select * from incomplete) and ${IS_EXTRACTED})
          ) as parts
     where nth <= $2
     order by date, hour, path, first_line, position`,
    [runId, partitions, which],
  );
  return rows.map(toPart);
}

/** A part as SQL returns it. */
export interface PartRow {
  readonly date: string;
  readonly hour: number;
  readonly batch_id: string;
  readonly output: string | null;
  readonly position: number;
  readonly published_offset: number;
  readonly published_bytes: number;
}

/** Returns the part that a row is. */
export function toPart(row: PartRow): UnpublishedPart {
  return {
    partition: { date: row.date, hour: row.hour },
    batchId: row.batch_id,
    output: row.output,
    position: row.position,
    offset: row.published_offset,
    bytes: row.published_bytes,
  };
}

const IS_EXTRACTED = "exists (select from ledger.runs where id = $1 and extracted_at is not null)";

/** Locks the publication of a dataset's files until the transaction ends; waits for another process that publishes them. */
export async function lockPublication(client: Client, dataset: DatasetName): Promise<void> {
  await lockInTransaction(client, publicationLock(dataset));
}

/**
 * Locks the publication of a dataset's files until the transaction ends, without waiting. Returns false if another
 * process holds the lock.
 */
export async function tryLockPublication(client: Client, dataset: DatasetName): Promise<boolean> {
  return tryLockInTransaction(client, publicationLock(dataset));
}

function publicationLock(dataset: DatasetName): string {
  return `lethe publish ${dataset}`;
}

/** What the ledger records of a processed file. */
export interface ProcessedLength {
  /** The committed length in bytes, 0 where there is no file. Bytes behind it are left from an interrupted publication. */
  readonly bytes: number;
  /** The length of a rewritten file whose replacement was announced and may have been interrupted. */
  readonly nextBytes: number | null;
}

/** Returns the lengths of processed files, in the order of the partitions. */
export async function processedLengths(
  db: Queryable,
  dataset: DatasetName,
  partitions: readonly Partition[],
): Promise<ProcessedLength[]> {
  const { rows } = await db.query<ProcessedLength>(
    `select coalesce(p.bytes, 0) as bytes, p.next_bytes as "nextBytes"
     from unnest($2::date[], $3::smallint[]) with ordinality as wanted (partition_date, partition_hour, position)
     left join ledger.processed_files p
       on p.dataset = $1 and p.partition_date = wanted.partition_date and p.partition_hour = wanted.partition_hour
     order by wanted.position`,
    [dataset, partitions.map((partition) => partition.date), partitions.map((partition) => partition.hour)],
  );
  return rows;
}

/** Records how long a rewritten processed file will be, before it replaces the old one. */
export async function announceRewrite(
  db: Queryable,
  dataset: DatasetName,
  partition: Partition,
  nextBytes: number,
): Promise<void> {
  await db.query(
    `update ledger.processed_files set next_bytes = $4
     where dataset = $1 and partition_date = $2 and partition_hour = $3`,
    [dataset, partition.date, partition.hour, nextBytes],
  );
}

/** Records that a rewritten processed file has replaced the old one, and tells those who took copies of it by the feed. */
export async function recordRewrite(
  db: Queryable,
  dataset: DatasetName,
  partition: Partition,
  bytes: number,
): Promise<void> {
  await db.query(
    `update ledger.processed_files set bytes = $4, next_bytes = null
     where dataset = $1 and partition_date = $2 and partition_hour = $3`,
    [dataset, partition.date, partition.hour, bytes],
  );
  await addRewrittenFile(db, dataset, partition);
}

export interface Publication {
  readonly partition: Partition;
  /** The processed file's new length. */
  readonly bytes: number;
  readonly parts: readonly UnpublishedPart[];
}

/** Records publications: the files' new lengths, and that their parts are published. */
export async function recordPublications(
  client: Client,
  dataset: DatasetName,
  publications: readonly Publication[],
): Promise<void> {
  await client.query(
    `insert into ledger.processed_files (dataset, partition_date, partition_hour, bytes)
     select $1, partition_date, partition_hour, bytes
     from unnest($2::date[], $3::smallint[], $4::bigint[]) as p (partition_date, partition_hour, bytes)
     on conflict (dataset, partition_date, partition_hour)
     do update set bytes = excluded.bytes, next_bytes = null, published_at = clock_timestamp()`,
    [
      dataset,
      publications.map((publication) => publication.partition.date),
      publications.map((publication) => publication.partition.hour),
      publications.map((publication) => publication.bytes),
    ],
  );
  const parts = publications.flatMap((publication) => publication.parts);
  await client.query(
    `update ledger.batch_segments s set published_bytes = 0
     from unnest($1::uuid[], $2::integer[]) as p (batch_id, position)
     where s.batch_id = p.batch_id and s.position = p.position`,
    [parts.map((part) => part.batchId), parts.map((part) => part.position)],
  );
}

export interface CompleteFile {
  readonly id: number;
  /** Where it lay in landing. */
  readonly path: string;
  /** The keyed hash of the content that came. */
  readonly sha256: Buffer;
  /** Its size when it came, in bytes. */
  readonly bytes: number;
  /** The name of the format in which it is kept. */
  readonly format: string | null;
  /** What it was when it came, if it is kept in another form. */
  readonly convertedFrom: string | null;
  readonly partition: Partition;
  /** Whether it may hold suppressed people, and so must be masked before it is archived: in records, or in a header alone. */
  readonly holdsSuppressed: boolean;
  /** Where an interrupted attempt was about to archive it. */
  readonly keptPath: string | null;
}

/** Returns the files of a run that are claimed still and whose batches are all loaded. */
export async function readCompleteFiles(db: Queryable, runId: string): Promise<CompleteFile[]> {
  const { rows } = await db.query<Omit<CompleteFile, "partition"> & { date: string; hour: number }>(
    `select id, path, sha256, bytes, format, converted_from as "convertedFrom", partition_date as date, partition_hour as hour,
            holds_suppressed or batches_total = 0 as "holdsSuppressed",
            kept_path as "keptPath"
     from ledger.files
     where run_id = $1 and state = 'open' and batches_loaded = batches_total order by id`,
    [runId],
  );
  return rows.map(({ date, hour, ...file }) => ({ ...file, partition: { date, hour } }));
}

/** Records where raw files are about to be archived, relative to the archive's root. */
export async function announceArchived(
  db: Queryable,
  files: readonly { readonly id: number; readonly keptPath: string }[],
): Promise<void> {
  await db.query(
    `update ledger.files f set kept_path = announced.kept_path
     from unnest($1::bigint[], $2::text[]) as announced (id, kept_path)
     where f.id = announced.id and f.state = 'open'`,
    [files.map((file) => file.id), files.map((file) => file.keptPath)],
  );
}

/**
 * Records that raw files are done, and archived unless there was nothing of them to archive. From now on the ledger knows them
 * by the names that Lethe gave them.
 */
export async function recordArchived(
  db: Queryable,
  files: readonly { readonly id: number; readonly name: string; readonly isArchived: boolean }[],
): Promise<void> {
  await db.query(
    `update ledger.files f
     set state = 'done', done_at = clock_timestamp(), path = name, kept_path = case when is_archived then name end
     from unnest($1::bigint[], $2::text[], $3::boolean[]) as archived (id, name, is_archived)
     where f.id = archived.id and f.state = 'open'`,
    [files.map((file) => file.id), files.map((file) => file.name), files.map((file) => file.isArchived)],
  );
}

/** Returns the archived files, by their paths in the archive, of which a replay has masked records of suppressed people. */
export async function archivedFilesOfReplay(
  db: Queryable,
  runId: string,
): Promise<{ readonly id: number; readonly path: string }[]> {
  const { rows } = await db.query<{ id: number; path: string }>(
    `select distinct f.id, f.kept_path as path
     from ledger.batches b
     join ledger.batch_segments s on s.batch_id = b.id
     join ledger.files f on f.id = s.file_id
     where b.run_id = $1 and f.holds_suppressed and f.state = 'done' and f.kept_path is not null order by 2`,
    [runId],
  );
  return rows;
}

/** A file that was done a short while ago, and is kept as it came as far as the ledger knows. */
export interface LateFile {
  /** Below the archive, or below the quarantine. */
  readonly keptPath: string;
  readonly isQuarantined: boolean;
  readonly sha256: Buffer;
  readonly bytes: number;
}

/** Returns a dataset's files that were archived or quarantined in the last day, the newest first, so many at most. */
export async function filesDoneLately(db: Queryable, dataset: DatasetName, limit: number): Promise<LateFile[]> {
  const { rows } = await db.query<LateFile>(
    `select kept_path as "keptPath", state = 'quarantined' as "isQuarantined", sha256, bytes
     from ledger.files
     where dataset = $1 and done_at > clock_timestamp() - interval '1 day' and state in ('done', 'quarantined')
       and kept_path is not null and not masked and converted_from is null
     order by done_at desc limit $2`,
    [dataset, limit],
  );
  return rows;
}

/** Records that people are masked in kept files, before these take the place of what came. */
export async function markMasked(db: Queryable, fileIds: readonly number[]): Promise<void> {
  await db.query("update ledger.files set masked = true where id = any ($1) and not masked", [fileIds]);
}

/** Returns a run's files that were quarantined as a whole, with their paths in the quarantine folder. */
export async function quarantinedFilesOfRun(
  db: Queryable,
  runId: string,
): Promise<{ readonly id: number; readonly path: string }[]> {
  const { rows } = await db.query<{ id: number; path: string }>(
    `select id, kept_path as path from ledger.files f
     where run_id = $1 and state = 'quarantined' and kept_path is not null
       and not exists (select from privacy.file_keys k where k.file_id = f.id)`,
    [runId],
  );
  return rows;
}
