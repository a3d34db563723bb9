import type { LateState } from "@lethe/contracts/checks";
import type { DatasetName } from "@lethe/contracts/datasets";
import type { Partition } from "@lethe/contracts/partition";
import type { Queryable } from "../pool.js";

/** A partition that did not come in time. */
export interface LatePartition {
  readonly partition: Partition;
  readonly state: LateState;
  readonly dueAt: Date;
  readonly missingAt: Date;
  readonly alertId: string;
}

/** Returns the partitions of a dataset that were ever late, of the days from this one on and those that are waited for still. */
export async function readLate(db: Queryable, dataset: DatasetName, from: string): Promise<LatePartition[]> {
  const { rows } = await db.query<Omit<LatePartition, "partition"> & { date: string; hour: number }>(
    `select partition_date as date, partition_hour as hour, state, due_at as "dueAt", missing_at as "missingAt",
            alert_id as "alertId"
     from ledger.late_partitions where dataset = $1 and (closed_at is null or partition_date >= $2::date)
     order by partition_date, partition_hour`,
    [dataset, from],
  );
  return rows.map(({ date, hour, ...row }) => ({ partition: { date, hour }, ...row }));
}

/** Adds a partition that is late from now on. */
export async function addLate(
  db: Queryable,
  dataset: DatasetName,
  { partition, dueAt, missingAt, alertId }: Omit<LatePartition, "state">,
): Promise<void> {
  await db.query(
    `insert into ledger.late_partitions (dataset, partition_date, partition_hour, state, due_at, missing_at, alert_id)
     values ($1, $2, $3, 'late', $4, $5, $6)`,
    [dataset, partition.date, partition.hour, dueAt, missingAt, alertId],
  );
}

/** Changes the state of a partition that is waited for. */
export async function changeLate(
  db: Queryable,
  dataset: DatasetName,
  { date, hour }: Partition,
  state: Exclude<LateState, "late">,
  now: Date,
): Promise<void> {
  await db.query(
    `update ledger.late_partitions set state = $4, closed_at = case when $4 = 'missing' then null else $5::timestamptz end
     where dataset = $1 and partition_date = $2 and partition_hour = $3 and closed_at is null`,
    [dataset, date, hour, state, now],
  );
}

/** The partitions of a dataset that are waited for past their deadline. */
export interface WaitedFor {
  readonly dataset: DatasetName;
  readonly late: number;
  readonly missing: number;
  readonly first: Partition;
  /** When the first of them was due. */
  readonly dueAt: Date;
}

/** Returns what is waited for of each dataset; one of which nothing is late is absent. */
export async function readWaitedFor(db: Queryable): Promise<WaitedFor[]> {
  const { rows } = await db.query<Omit<WaitedFor, "first"> & { date: string; hour: number }>(
    `select distinct on (dataset) dataset, partition_date as date, partition_hour as hour, due_at as "dueAt",
            count(*) filter (where state = 'late') over (partition by dataset) as late,
            count(*) filter (where state = 'missing') over (partition by dataset) as missing
     from ledger.late_partitions where closed_at is null
     order by dataset, partition_date, partition_hour`,
  );
  return rows.map(({ date, hour, ...row }) => ({ ...row, first: { date, hour } }));
}

/** Counts the partitions that are waited for, by dataset and state. */
export async function countLate(
  db: Queryable,
): Promise<{ dataset: DatasetName; state: "late" | "missing"; partitions: number }[]> {
  const { rows } = await db.query<{ dataset: DatasetName; state: "late" | "missing"; partitions: number }>(
    `select dataset, state, count(*) as partitions from ledger.late_partitions where closed_at is null group by 1, 2`,
  );
  return rows;
}
