import type { DatasetName } from "@lethe/contracts/datasets";
import type { Client, Queryable } from "../pool.js";

/** Returns the subjects whose data is restricted under one of these keyed hashes of customer ids. */
export async function restrictedSubjects(db: Queryable, customerKeys: readonly Buffer[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select distinct subject_id as id from privacy.suppressions
     where act = 'restrict' and kind = 'customer-id' and key = any ($1) and lifted_at is null`,
    [customerKeys],
  );
  return rows.map(({ id }) => id);
}

/**
 * Takes the restrictions of subjects off the suppression list, and releases the records that they hold in quarantine. The
 * caller holds the list's lock, raises its epoch and logs what was lifted. Returns the datasets of the released records.
 */
export async function liftRestriction(client: Client, subjectIds: readonly string[]): Promise<DatasetName[]> {
  await client.query(
    `update privacy.suppressions set lifted_at = clock_timestamp()
     where subject_id = any ($1) and act = 'restrict' and lifted_at is null`,
    [subjectIds],
  );
  const { rows } = await client.query<{ dataset: DatasetName }>(
    `with released as (
       update ledger.quarantine set approved_at = clock_timestamp()
       where held_for = any ($1) and reason = 'held' and status = 'open' and approved_at is null returning dataset
     )
     select distinct dataset from released order by dataset`,
    [subjectIds],
  );
  return rows.map(({ dataset }) => dataset);
}
