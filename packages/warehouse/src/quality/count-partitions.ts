import { REJECT_CAUSES, type RejectCause } from "@lethe/contracts/reject-reasons";
import type { Queryable } from "../pool.js";

/**
 * Counts what has come in the partitions that a run over files has brought something of, with what earlier runs brought of them. They
 * are judged anew then. `fields` are the declared fields of the dataset: of no other is anything kept, since names from outside may
 * name a person. Costs nothing by record but for those in quarantine.
 */
export async function countPartitions(db: Queryable, runId: string, fields: readonly string[]): Promise<void> {
  await db.query(COUNT_PARTITIONS, [
    runId,
    fields,
    reasonsOf("repeat"),
    reasonsOf("late_reference"),
    reasonsOf("fault"),
  ]);
}

function reasonsOf(cause: RejectCause): string[] {
  return Object.entries(REJECT_CAUSES).flatMap(([reason, own]) => (own === cause ? [reason] : []));
}

// A pointer such as /purchases/products/3/price is the matter of the declared field that it lies in.
const COUNT_PARTITIONS = `
  with touched as materialized (
    select distinct dataset, partition_date, partition_hour from ledger.files
    where run_id = $1 and state in ('open', 'done')
  ), files as materialized (
    select f.* from touched join ledger.files f using (dataset, partition_date, partition_hour)
    where f.state in ('open', 'done')
  ), rejected as materialized (
    select f.partition_date, f.partition_hour, q.reason, field.name as field, count(*) as n
    from files f
    join ledger.quarantine q on q.file_id = f.id and q.batch_id is not null
    left join lateral (
      select name from unnest($2::text[]) as declared (name)
      where '/' || replace(name, '.', '/') || '/' = left(q.pointer || '/', length(name) + 2)
      order by length(name) desc limit 1
    ) as field on true
    group by 1, 2, 3, 4
  ), by_reason as (
    select partition_date, partition_hour,
           coalesce(sum(n) filter (where reason = any ($3)), 0) as duplicates,
           coalesce(sum(n) filter (where reason = any ($4)), 0) as late_references,
           coalesce(sum(n) filter (where reason = any ($5)), 0) as faults
    from rejected group by 1, 2
  ), by_field as (
    select partition_date, partition_hour, jsonb_object_agg(field, n) as faults_of
    from (select partition_date, partition_hour, field, sum(n) as n from rejected
          where field is not null and reason = any ($5) group by 1, 2, 3) as counted
    group by 1, 2
  ), lacking as (
    select partition_date, partition_hour,
           jsonb_object_agg(field, nulls) as nulls, jsonb_object_agg(field, missing) as missing
    from (select f.partition_date, f.partition_hour, field, sum((counts ->> 0)::bigint) as nulls,
                 sum((counts ->> 1)::bigint) as missing
          from files f
          join ledger.batch_segments s on s.file_id = f.id and s.quarantine_ids is null
          cross join lateral jsonb_each(s.lacking) as each (field, counts)
          group by 1, 2, 3) as counted
    group by 1, 2
  ), totals as (
    select dataset, partition_date, partition_hour, count(*) as files, sum(bytes) as bytes, sum(records_in) as records_in,
           sum(records_loaded) as records_loaded, sum(records_rejected) as records_rejected,
           min(created_at) as first_arrived_at
    from files group by 1, 2, 3
  )
  insert into ledger.partition_stats as p
    (dataset, partition_date, partition_hour, files, bytes, records_in, records_loaded, records_rejected, duplicates,
     late_references, faults, faults_of, nulls, missing, first_arrived_at, counted_at)
  select dataset, partition_date, partition_hour, files, bytes, records_in, records_loaded, records_rejected,
         coalesce(duplicates, 0), coalesce(late_references, 0), coalesce(faults, 0), coalesce(faults_of, '{}'),
         coalesce(nulls, '{}'), coalesce(missing, '{}'), first_arrived_at, clock_timestamp()
  from totals
  left join by_reason using (partition_date, partition_hour)
  left join by_field using (partition_date, partition_hour)
  left join lacking using (partition_date, partition_hour)
  order by dataset, partition_date, partition_hour
  on conflict (dataset, partition_date, partition_hour) do update set
    files = excluded.files, bytes = excluded.bytes, records_in = excluded.records_in, records_loaded = excluded.records_loaded,
    records_rejected = excluded.records_rejected, duplicates = excluded.duplicates, late_references = excluded.late_references,
    faults = excluded.faults, faults_of = excluded.faults_of, nulls = excluded.nulls, missing = excluded.missing,
    first_arrived_at = least(p.first_arrived_at, excluded.first_arrived_at), counted_at = excluded.counted_at, judged_at = null`;
