import type { DatasetName } from "@lethe/contracts/datasets";
import type { Partition } from "@lethe/contracts/partition";
import type { Client, Queryable } from "../pool.js";

/** One piece of a partition's processed file that waits to be published. */
export interface UnpublishedPart {
  readonly partition: Partition;
  readonly batchId: string;
  readonly position: number;
  /** Where it lies in the batch's staged output, in bytes. */
  readonly offset: number;
  readonly bytes: number;
}

/** Gives the parts that a run has loaded and not yet published, ordered by partition, file and line. */
export async function unpublishedParts(db: Queryable, runId: string): Promise<UnpublishedPart[]> {
  const { rows } = await db.query<{
    date: string;
    hour: number;
    batch_id: string;
    position: number;
    published_offset: number;
    published_bytes: number;
  }>(
    `select f.partition_date as date, f.partition_hour as hour, s.batch_id, s.position,
            s.published_offset, s.published_bytes
     from ledger.batches b
     join ledger.batch_segments s on s.batch_id = b.id
     join ledger.files f on f.id = s.file_id
     where b.run_id = $1 and b.state = 'loaded' and s.published_bytes > 0
     order by f.partition_date, f.partition_hour, f.path, s.first_line, s.position`,
    [runId],
  );
  return rows.map((row) => ({
    partition: { date: row.date, hour: row.hour },
    batchId: row.batch_id,
    position: row.position,
    offset: row.published_offset,
    bytes: row.published_bytes,
  }));
}

/** Keeps other publishers of the dataset out until the transaction ends. */
export async function lockPublication(client: Client, dataset: DatasetName): Promise<void> {
  await client.query("select pg_advisory_xact_lock(hashtextextended('lethe publish ' || $1, 0))", [dataset]);
}

/** Gives the committed length in bytes of processed files, in the partitions' order; 0 where there is none yet. */
export async function processedLengths(
  db: Queryable,
  dataset: DatasetName,
  partitions: readonly Partition[],
): Promise<number[]> {
  const { rows } = await db.query<{ bytes: number }>(
    `select coalesce(p.bytes, 0) as bytes
     from unnest($2::date[], $3::smallint[]) with ordinality as wanted (partition_date, partition_hour, position)
     left join ledger.processed_files p
       on p.dataset = $1 and p.partition_date = wanted.partition_date and p.partition_hour = wanted.partition_hour
     order by wanted.position`,
    [dataset, partitions.map((partition) => partition.date), partitions.map((partition) => partition.hour)],
  );
  return rows.map((row) => row.bytes);
}

export interface Publication {
  readonly partition: Partition;
  /** The processed file's new length. */
  readonly bytes: number;
  readonly parts: readonly UnpublishedPart[];
}

/** Commits what was published: the files' lengths, and that the parts are done with. */
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
     do update set bytes = excluded.bytes, published_at = clock_timestamp()`,
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
  readonly path: string;
  readonly sha256: Buffer;
}

/** Gives the run's files whose batches are all loaded and which still lie in landing. */
export async function completeFilesOfRun(db: Queryable, runId: string): Promise<CompleteFile[]> {
  const { rows } = await db.query<CompleteFile>(
    `select id, path, sha256 from ledger.files
     where run_id = $1 and state = 'open' and batches_loaded = batches_total order by id`,
    [runId],
  );
  return rows;
}

/** Notes where raw files were archived, relative to the archive's root; with that they are done. */
export async function recordArchived(
  db: Queryable,
  files: readonly { readonly id: number; readonly keptPath: string }[],
): Promise<void> {
  await db.query(
    `update ledger.files f set state = 'done', done_at = clock_timestamp(), kept_path = archived.kept_path
     from unnest($1::bigint[], $2::text[]) as archived (id, kept_path)
     where f.id = archived.id and f.state = 'open'`,
    [files.map((file) => file.id), files.map((file) => file.keptPath)],
  );
}
