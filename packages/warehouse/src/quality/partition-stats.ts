import type { PartitionCounts } from "@lethe/contracts/checks";
import type { DatasetName } from "@lethe/contracts/datasets";
import type { Partition } from "@lethe/contracts/partition";
import type { Queryable } from "../pool.js";

/** What came in a partition. */
export interface StoredStats extends PartitionCounts {
  readonly partition: Partition;
  readonly arrivedAt: Date;
}

/** Returns partitions of a dataset that are not judged yet, the oldest first, up to `most`, and locks them until the transaction ends. */
export async function takeUnjudged(db: Queryable, dataset: DatasetName, most: number): Promise<StoredStats[]> {
  const { rows } = await db.query<StatsRow>(
    `${SELECT_STATS} where dataset = $1 and judged_at is null
     order by partition_date, partition_hour limit $2 for no key update`,
    [dataset, most],
  );
  return rows.map(toStats);
}

/** Returns what came of a dataset in the partitions of these days, both included. */
export async function readStats(db: Queryable, dataset: DatasetName, from: string, to: string): Promise<StoredStats[]> {
  const { rows } = await db.query<StatsRow>(
    `${SELECT_STATS} where dataset = $1 and partition_date between $2::date and $3::date
     order by partition_date, partition_hour`,
    [dataset, from, to],
  );
  return rows.map(toStats);
}

/** When the first file of a partition came. */
export interface PartitionArrival {
  readonly partition: Partition;
  readonly arrivedAt: Date;
}

/** Returns when the partitions of these days have come of a dataset, both days included. */
export async function readArrivals(
  db: Queryable,
  dataset: DatasetName,
  from: string,
  to: string,
): Promise<PartitionArrival[]> {
  const { rows } = await db.query<{ date: string; hour: number; arrivedAt: Date }>(
    `select partition_date as date, partition_hour as hour, first_arrived_at as "arrivedAt" from ledger.partition_stats
     where dataset = $1 and partition_date between $2::date and $3::date
     order by partition_date, partition_hour`,
    [dataset, from, to],
  );
  return rows.map(({ date, hour, arrivedAt }) => ({ partition: { date, hour }, arrivedAt }));
}

/** Returns the newest partition of a dataset up to a day; undefined where nothing has come. */
export async function readNewestPartition(
  db: Queryable,
  dataset: DatasetName,
  to: string,
): Promise<Partition | undefined> {
  const { rows } = await db.query<Partition>(
    `select partition_date as date, partition_hour as hour from ledger.partition_stats
     where dataset = $1 and partition_date <= $2::date order by partition_date desc, partition_hour desc limit 1`,
    [dataset, to],
  );
  return rows[0];
}

/** Records partitions of a dataset as judged, with the causes for which each was found wrong. */
export async function markJudged(
  db: Queryable,
  dataset: DatasetName,
  judged: readonly { readonly partition: Partition; readonly failed: readonly string[] }[],
  now: Date,
): Promise<void> {
  await db.query(
    `update ledger.partition_stats p
     set judged_at = $2, failed = array(select jsonb_array_elements_text(j.failed))
     from unnest($3::date[], $4::smallint[], $5::jsonb[]) as j (partition_date, partition_hour, failed)
     where p.dataset = $1 and p.partition_date = j.partition_date and p.partition_hour = j.partition_hour`,
    [
      dataset,
      now,
      judged.map(({ partition }) => partition.date),
      judged.map(({ partition }) => partition.hour),
      judged.map(({ failed }) => JSON.stringify(failed)),
    ],
  );
}

interface StatsRow extends Omit<StoredStats, "partition"> {
  readonly date: string;
  readonly hour: number;
}

const SELECT_STATS = `
  select partition_date as date, partition_hour as hour, records_in as rows, duplicates, faults, faults_of as "faultsOf", nulls,
         missing, failed, first_arrived_at as "arrivedAt"
  from ledger.partition_stats`;

function toStats({ date, hour, ...stats }: StatsRow): StoredStats {
  return { partition: { date, hour }, ...stats };
}
