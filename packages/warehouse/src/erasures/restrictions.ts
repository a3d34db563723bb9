import type { DatasetName } from "@lethe/contracts/datasets";
import type { Restriction } from "@lethe/contracts/restrictions";
import { requireCursor } from "../ledger/known-references.js";
import type { Client, Queryable } from "../pool.js";

export interface RestrictionPage {
  /** The cursor of the previous page: only restrictions older than this one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Returns one page of the restrictions in force, newest first. Throws InvalidInputError for an unknown cursor. */
export async function listRestrictions(
  db: Queryable,
  { before, limit }: RestrictionPage,
): Promise<{ restrictions: Restriction[]; nextCursor: string | null }> {
  const { rows } = await db.query<Omit<Restriction, "since"> & { since: Date }>(LIST, [before ?? null, limit + 1]);
  if (rows.length === 0 && before !== undefined) {
    await requireCursor(
      db,
      before,
      "exists (select from privacy.suppressions where subject_id = $1 and act = 'restrict')",
    );
  }
  const restrictions = rows.slice(0, limit).map(({ since, ...row }) => ({ ...row, since: since.toISOString() }));
  return { restrictions, nextCursor: rows.length > limit ? (restrictions.at(-1)?.id ?? null) : null };
}

// Restrictions are made one at a time, under the list's lock, and each records its act after its identifiers: so the first act
// from then on is its own.
const LIST = `
  with found as (
    select subject_id as id, min(created_at) as since from privacy.suppressions
    where act = 'restrict' and lifted_at is null group by subject_id
  ), acts as materialized (
    select id, acted_at, acted_by, reason from privacy.acts where act = 'restricted'
  )
  select found.id, found.since, own.acted_by as by, own.reason,
         (select count(*) from ledger.quarantine q
          where q.held_for = found.id and q.reason = 'held' and q.status = 'open')::integer as "heldRecords"
  from found
  left join lateral (
    select acted_by, reason from acts where acted_at >= found.since order by acted_at, id limit 1
  ) as own on true
  where $1::uuid is null
     or (found.since, found.id) < (select min(s.created_at), s.subject_id from privacy.suppressions s
                                   where s.subject_id = $1 and s.act = 'restrict' group by s.subject_id)
  order by found.since desc, found.id desc limit $2`;

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
