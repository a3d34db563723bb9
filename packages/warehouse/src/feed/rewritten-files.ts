import type { DatasetName } from "@lethe/contracts/datasets";
import { type Partition, partitionPath } from "@lethe/contracts/partition";
import type { RewrittenFile } from "@lethe/contracts/rewritten-files";
import { unknownCursor } from "../ledger/known-references.js";
import type { Queryable } from "../pool.js";

/**
 * Adds a rewritten processed file to the feed. `db` should be in the transaction that records the rewrite. Until that ends, nobody
 * else adds to the feed, so that entries show in their order, and a reader who goes on from the last one misses none.
 */
export async function addRewrittenFile(db: Queryable, dataset: DatasetName, partition: Partition): Promise<void> {
  await db.query(
    `with alone as materialized (select pg_advisory_xact_lock(hashtextextended('lethe feed', 0)))
     insert into ledger.rewritten_files (dataset, partition_date, partition_hour, rewritten_on)
     select $1, $2, $3, (clock_timestamp() at time zone 'UTC')::date from alone`,
    [dataset, partition.date, partition.hour],
  );
}

/**
 * Returns the next entries of the feed behind a position, oldest first, `limit` at most, and the position from which to go on
 * the next time: that of the last entry, or the one given.
 */
export async function readRewrittenFiles(
  db: Queryable,
  after: number,
  limit: number,
): Promise<{ files: RewrittenFile[]; position: number }> {
  const { rows } = await db.query<EntryRow>(
    `${SELECT_ENTRY} from ledger.rewritten_files where position > $1 order by position limit $2`,
    [after, limit],
  );
  const files = rows.map(toFile);
  // Another database gave it, perhaps before a backup was restored: what follows here may be missed there.
  if (files.length === 0 && after > 0 && after > (await lastRewrite(db))) throw unknownCursor();
  return { files, position: files.at(-1)?.position ?? after };
}

/** Returns the newest entry of each file that was ever rewritten, in the order of the feed. */
export async function newestRewrites(db: Queryable): Promise<RewrittenFile[]> {
  const { rows } = await db.query<EntryRow>(
    `${SELECT_ENTRY} from (select distinct on (dataset, partition_date, partition_hour) *
                           from ledger.rewritten_files
                           order by dataset, partition_date, partition_hour, position desc) as newest
     order by position`,
  );
  return rows.map(toFile);
}

/** Returns the position of the feed's last entry; 0 when there is none. */
export async function lastRewrite(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ position: number }>(
    "select coalesce(max(position), 0) as position from ledger.rewritten_files",
  );
  return rows[0]?.position ?? 0;
}

const SELECT_ENTRY = `
  select position, dataset, partition_date::text as date, partition_hour as hour, rewritten_on::text as "rewrittenOn"`;

interface EntryRow {
  position: number;
  dataset: DatasetName;
  date: string;
  hour: number;
  rewrittenOn: string;
}

function toFile({ position, dataset, date, hour, rewrittenOn }: EntryRow): RewrittenFile {
  const path = `${partitionPath({ date, hour })}/${dataset}.json.gz`;
  return { position, dataset, path, date, hour, rewrittenOn };
}
