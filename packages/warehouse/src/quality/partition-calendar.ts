import { CALENDAR_LETTERS, type CalendarLetter } from "@lethe/contracts/calendar-states";
import type { LateState } from "@lethe/contracts/checks";
import type { DatasetName } from "@lethe/contracts/datasets";
import type { Partition, PartitionRange } from "@lethe/contracts/partition";
import type { PartitionCalendar, PartitionDetail, PartitionFile } from "@lethe/contracts/partitions";
import type { Queryable } from "../pool.js";
import { type OfRange, ofRange } from "./in-range.js";

/** What the ledger knows of a dataset's partitions, by hour; what is expected and has not come yet it does not know. */
export type KnownPartitions = Omit<PartitionCalendar, "dataset">;

/** Returns what has come of a dataset in a range of partitions, and what is late or has not come at all. */
export async function readCalendar(
  db: Queryable,
  dataset: DatasetName,
  range: PartitionRange,
): Promise<KnownPartitions> {
  const { rows } = await db.query<KnownPartitions>(calendarStatement(ofRange(dataset, range)));
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

/** What there is of files in each state, as bits: their states are looked at once. */
const BITS = { open: 1, done: 2, quarantined: 4, released: 8 } as const;
const BIT_OF_STATE = `case state ${Object.entries(BITS)
  .map(([state, bit]) => `when '${state}' then ${bit}`)
  .join(" ")} end`;

// In columns, each of them one value: objects for so many rows would take longer than all else. What a failed run has left counts until
// another run takes the same delivery. Sums are of floating point, which is exact for any number of records and adds up several times as fast.
function calendarStatement({ condition, values, name }: OfRange) {
  const text = `
  with file as (
    select partition_date, partition_hour, ${BIT_OF_STATE} as bit, records_loaded::double precision as loaded,
           records_rejected::double precision as rejected
    from ledger.files where ${condition}
    offset 0
  ), come as (
    select partition_date, partition_hour, bit_or(bit) as bits, count(*) filter (where bit <= 2) as files,
           sum(loaded) filter (where bit <= 2) as loaded, sum(rejected) filter (where bit <= 2) as rejected
    from file group by 1, 2
  ), not_come as (
    select partition_date, partition_hour, state from ledger.late_partitions where ${condition} and state <> 'arrived'
  ), known as (
    select ${HOUR} as hour, coalesce(files, 0) as files, coalesce(loaded, 0)::bigint as loaded,
           coalesce(rejected, 0)::bigint as rejected,
           case when bits & ${BITS.open} > 0 then 'r'
                when bits & ${BITS.released} > 0 and exists (
                  select from ledger.files mine
                  where mine.dataset = $1 and mine.partition_date = c.partition_date and mine.partition_hour = c.partition_hour
                    and mine.state = 'released' and not exists (
                      select from ledger.files other
                      where other.dataset = mine.dataset and other.delivery = mine.delivery and other.state <> 'released')) then 'f'
                when bits & ${BITS.quarantined} > 0 and bits & ${BITS.done} = 0 then 'f'
                when bits & ${BITS.quarantined} > 0 or rejected > 0 then 'p'
                when bits & ${BITS.done} > 0 then 'l'
                when n.state = 'late' then 't'
                when n.state is not null then 'm' end as letter
    from come c full join not_come n using (partition_date, partition_hour)
    order by partition_date, partition_hour
  )
  select coalesce(json_agg(hour), '[]') as hours, coalesce(string_agg(letter, ''), '') as states,
         coalesce(json_agg(files), '[]') as files, coalesce(json_agg(loaded), '[]') as loaded,
         coalesce(json_agg(rejected), '[]') as rejected,
         (select coalesce(json_agg(${HOUR} order by partition_date, partition_hour), '[]')
          from ledger.partition_stats where ${condition} and failed <> '{}') as "failedChecks"
  from known where letter is not null`;
  return { name: `read calendar${name}`, text, values: [...values] };
}
