import {
  type BatchSchemaChange,
  MOST_NEW_FIELDS,
  OTHER_FIELDS,
  type SchemaChange,
} from "@lethe/contracts/schema-changes";
import type { Client, Queryable } from "../pool.js";

/**
 * Writes how the fields of a batch's records differ from the contract, in place of what was written of it before: a batch
 * that is worked on twice counts once. Belongs into a transaction that holds the batch's lock.
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
 * Returns the schema changes of runs, added up over their batches, by run; a run without any is absent. Of more new fields
 * than a report names, those of the fewest records are added to `(other)`, which then tells of at least so many records:
 * one record may have had several of them.
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

// The earliest place is that of the least array: the file first, then the line.
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
