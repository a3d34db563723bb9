import { CALENDAR_LETTERS, type CalendarLetter } from "@lethe/contracts/calendar-states";
import type { LateState } from "@lethe/contracts/checks";
import type { DatasetName } from "@lethe/contracts/datasets";
import type { Partition, PartitionRange } from "@lethe/contracts/partition";
import type { PartitionCalendar, PartitionDetail, PartitionFile } from "@lethe/contracts/partitions";
import type { Queryable } from "../pool.js";

/** What the ledger knows of a dataset's partitions, by hour; what is expected and has not come yet it does not know. */
export type KnownPartitions = Omit<PartitionCalendar, "dataset">;

/** Returns what has come of a dataset in a range of partitions, and what is late or has not come at all. */
export async function readCalendar(
  db: Queryable,
  dataset: DatasetName,
  range: PartitionRange,
): Promise<KnownPartitions> {
  const { rows } = await db.query<KnownPartitions>({ ...READ_CALENDAR, values: parametersOf(dataset, range) });
  return rows[0] ?? { hours: [], states: "", files: [], loaded: [], rejected: [], failedChecks: [] };
}

/** What is known of one partition besides its files. */
export interface KnownPartition extends Pick<PartitionDetail, "late" | "arrivedAt"> {
  /** Of its state; undefined where nothing is known. */
  readonly letter: CalendarLetter | undefined;
}

/** Returns a partition's state, when it came, and whether it was late. */
export async function readPartition(
  db: Queryable,
  dataset: DatasetName,
  partition: Partition,
): Promise<KnownPartition> {
  const { states } = await readCalendar(db, dataset, { from: partition, to: partition });
  const { rows } = await db.query<{ arrivedAt: Date | null; state: LateState | null; dueAt: Date; missingAt: Date }>(
    `select s.first_arrived_at as "arrivedAt", l.state, l.due_at as "dueAt", l.missing_at as "missingAt"
     from (select $1::text as dataset, $2::date as partition_date, $3::smallint as partition_hour) as p
     left join ledger.partition_stats s using (dataset, partition_date, partition_hour)
     left join ledger.late_partitions l using (dataset, partition_date, partition_hour)`,
    [dataset, partition.date, partition.hour],
  );
  const [known] = rows;
  return {
    letter: CALENDAR_LETTERS.find((letter) => letter === states),
    arrivedAt: known?.arrivedAt?.toISOString() ?? null,
    late:
      known === undefined || known.state === null
        ? null
        : { state: known.state, dueAt: known.dueAt.toISOString(), missingAt: known.missingAt.toISOString() },
  };
}

/** Returns the files of a partition, the newest first, up to `limit`, and how many more there are. */
export async function readPartitionFiles(
  db: Queryable,
  dataset: DatasetName,
  { date, hour }: Partition,
  limit: number,
): Promise<{ files: PartitionFile[]; otherFiles: number }> {
  const { rows } = await db.query<
    Omit<PartitionFile, "takenAt" | "doneAt"> & { takenAt: Date; doneAt: Date | null; all: number }
  >(
    `select f.id, f.path, f.state, f.bytes, f.created_at as "takenAt", f.done_at as "doneAt",
            json_build_object('in', f.records_in, 'loaded', f.records_loaded, 'rejected', f.records_rejected) as records,
            json_build_object('id', r.id, 'kind', r.kind, 'state', r.state) as run, count(*) over () as all
     from ledger.files f join ledger.runs r on r.id = f.run_id
     where f.dataset = $1 and f.partition_date = $2 and f.partition_hour = $3
     order by f.id desc limit $4`,
    [dataset, date, hour, limit],
  );
  return {
    files: rows.map(({ takenAt, doneAt, all: _all, ...file }) => ({
      ...file,
      takenAt: takenAt.toISOString(),
      doneAt: doneAt?.toISOString() ?? null,
    })),
    otherFiles: Math.max(0, (rows[0]?.all ?? 0) - limit),
  };
}

const HOUR = "(partition_date - date '1970-01-01') * 24 + partition_hour";
const IN_RANGE = `dataset = $1 and ($2::date is null or (partition_date, partition_hour) >= ($2::date, $3::smallint))
  and ($4::date is null or (partition_date, partition_hour) <= ($4::date, $5::smallint))`;

// In columns, each of them one value: objects for so many rows would take longer than all else. What a failed run has left counts until
// another run takes the same delivery.
const READ_CALENDAR = {
  name: "read calendar",
  text: `
  with come as (
    select ${HOUR} as hour, count(*) filter (where state in ('open', 'done')) as files,
           sum(records_loaded) filter (where state in ('open', 'done')) as loaded,
           sum(records_rejected) filter (where state in ('open', 'done')) as rejected,
           bool_or(state = 'open') as is_running, bool_or(state = 'done') as is_done, bool_or(state = 'quarantined') as is_unreadable,
           bool_or(state = 'released' and not exists (
             select from ledger.files other
             where other.dataset = f.dataset and other.delivery = f.delivery and other.state <> 'released')) as has_failed
    from ledger.files f where ${IN_RANGE} group by 1
  ), not_come as (
    select ${HOUR} as hour, state from ledger.late_partitions where ${IN_RANGE} and state <> 'arrived'
  ), known as (
    select hour, coalesce(files, 0) as files, coalesce(loaded, 0) as loaded, coalesce(rejected, 0) as rejected,
           case when is_running then 'r'
                when has_failed or is_unreadable and not is_done then 'f'
                when is_unreadable or rejected > 0 then 'p'
                when is_done then 'l'
                when n.state = 'late' then 't'
                when n.state is not null then 'm' end as letter
    from come full join not_come n using (hour)
    order by hour
  )
  select coalesce(json_agg(hour), '[]') as hours, coalesce(string_agg(letter, ''), '') as states,
         coalesce(json_agg(files), '[]') as files, coalesce(json_agg(loaded), '[]') as loaded,
         coalesce(json_agg(rejected), '[]') as rejected,
         (select coalesce(json_agg(${HOUR} order by partition_date, partition_hour), '[]')
          from ledger.partition_stats where ${IN_RANGE} and failed <> '{}') as "failedChecks"
  from known where letter is not null`,
};

function parametersOf(dataset: DatasetName, { from, to }: PartitionRange): unknown[] {
  return [dataset, from?.date ?? null, from?.hour ?? null, to?.date ?? null, to?.hour ?? null];
}
