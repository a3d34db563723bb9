import {
  type BatchSchemaChange,
  MOST_NEW_FIELDS,
  OTHER_FIELDS,
  type SchemaChange,
} from "@lethe/contracts/schema-changes";
import type { Client, Queryable } from "../pool.js";

/**
 * Stores the schema changes of a batch and replaces those stored before, so that a batch that is transformed twice counts
 * once. Call it in a transaction that holds the batch's lock.
 */
export async function writeSchemaChanges(
  client: Client,
  batchId: string,
  changes: readonly BatchSchemaChange[],
): Promise<void> {
  await client.query("delete from ledger.schema_changes where batch_id = $1", [batchId]);
  if (changes.length === 0) return;
  await client.query(
    `insert into ledger.schema_changes (batch_id, change, field, records, first_file_id, first_line)
     select $1, * from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[])`,
    [
      batchId,
      changes.map(({ change }) => change),
      changes.map(({ field }) => field),
      changes.map(({ records }) => records),
      changes.map(({ fileId }) => fileId),
      changes.map(({ line }) => line),
    ],
  );
}

/**
 * Returns the schema changes of runs by run, summed over their batches. A run without any is absent. A report names a limited
 * number of new fields; the rest, those of the fewest records, are counted as `(other)`. That count is the greatest of
 * theirs, a lower bound, since one record may have several of them.
 */
export async function readSchemaChanges(
  db: Queryable,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, SchemaChange[]>> {
  const { rows } = await db.query<SchemaChange & { runId: string }>(BY_RUN, [runIds, OTHER_FIELDS, MOST_NEW_FIELDS]);
  const byRun = new Map<string, SchemaChange[]>();
  for (const { runId, ...change } of rows) byRun.set(runId, [...(byRun.get(runId) ?? []), change]);
  return byRun;
}

// The smallest array is the earliest place: arrays compare by file, then by line.
const BY_RUN = `
  with by_field as (
    select b.run_id, c.change, c.field, sum(c.records)::bigint as records,
           min(array[c.first_file_id, c.first_line]) as first
    from ledger.batches b join ledger.schema_changes c on c.batch_id = b.id
    where b.run_id = any ($1::uuid[])
    group by b.run_id, c.change, c.field
  ), ranked as (
    select *, row_number() over (partition by run_id, change, field = $2 order by records desc, field collate "C") as rank
    from by_field
  ), shown as (
    select run_id, change, case when change = 'new' and rank > $3 then $2 else field end as field,
           max(records) as records, min(first) as first
    from ranked group by 1, 2, 3
  )
  select s.run_id as "runId", s.change, s.field, s.records, f.path as "firstFile", s.first[2] as "firstLine"
  from shown s join ledger.files f on f.id = s.first[1]
  order by s.run_id, s.change desc, s.field collate "C"`;
