import type { DatasetName } from "@lethe/contracts/datasets";
import type { Partition } from "@lethe/contracts/partition";
import type { Queryable } from "../pool.js";

/** A file of which a run has taken records. The name under which it came is left out: it may hold anything about anybody. */
export interface RunInput {
  readonly fileId: number;
  readonly dataset: DatasetName;
  readonly partition: Partition;
  /** The size of the whole file, in bytes. */
  readonly bytes: number;
  /** Records of it that were read in this run. */
  readonly records: number;
}

export interface RunInputs {
  /** The first ones by partition. */
  readonly files: readonly RunInput[];
  /** How many there are in all, and their size together. */
  readonly total: number;
  readonly bytes: number;
  readonly firstPartition: Partition | null;
  readonly lastPartition: Partition | null;
}

/** Returns the files that a run has taken records of: those that it took in, or that a backfill or a replay went back to. */
export async function readRunInputs(db: Queryable, runId: string, limit: number): Promise<RunInputs> {
  const { rows } = await db.query<InputRow>(
    `with lines as (
       select s.file_id, sum(s.line_count)::bigint as n
       from ledger.batches b join ledger.batch_segments s on s.batch_id = b.id
       where b.run_id = $1 group by s.file_id
     ), taken as (
       select id from ledger.files where run_id = $1 union select file_id from lines
     )
     select f.id as "fileId", f.dataset, f.partition_date as date, f.partition_hour as hour, f.bytes,
            case when f.run_id = $1 then f.records_in else coalesce(lines.n, 0) end as records,
            count(*) over () as total, sum(f.bytes) over ()::bigint as "allBytes",
            first_value(f.partition_date) over whole as "firstDate", first_value(f.partition_hour) over whole as "firstHour",
            last_value(f.partition_date) over whole as "lastDate", last_value(f.partition_hour) over whole as "lastHour"
     from taken join ledger.files f using (id) left join lines on lines.file_id = f.id
     window whole as (order by f.partition_date, f.partition_hour, f.id rows between unbounded preceding and unbounded following)
     order by f.partition_date, f.partition_hour, f.id limit $2`,
    [runId, limit],
  );
  const [first] = rows;
  return {
    files: rows.map(({ fileId, dataset, date, hour, bytes, records }) => ({
      fileId,
      dataset,
      partition: { date, hour },
      bytes,
      records,
    })),
    total: first?.total ?? 0,
    bytes: first?.allBytes ?? 0,
    firstPartition: first === undefined ? null : { date: first.firstDate, hour: first.firstHour },
    lastPartition: first === undefined ? null : { date: first.lastDate, hour: first.lastHour },
  };
}

interface InputRow {
  readonly fileId: number;
  readonly dataset: DatasetName;
  readonly date: string;
  readonly hour: number;
  readonly bytes: number;
  readonly records: number;
  readonly total: number;
  readonly allBytes: number;
  readonly firstDate: string;
  readonly firstHour: number;
  readonly lastDate: string;
  readonly lastHour: number;
}
