import type { ErasureOutcome } from "@lethe/contracts/erasures";
import type { Client, Queryable } from "./pool.js";

/** An identifier that is put on the suppression list. */
export interface NewSuppression {
  readonly subjectId: string;
  readonly act: "erase" | "release" | "restrict" | "question";
  readonly kind: "customer-id" | "email" | "name";
  /** The keyed hash, and the id of the key that it was made with. */
  readonly key: Buffer;
  readonly keyId: string;
}

/**
 * Locks the suppression list until the transaction ends, and returns its epoch. Waits for the loads that have begun under it;
 * no other load commits until the transaction has ended.
 */
export async function lockSuppressions(client: Client): Promise<number> {
  const { rows } = await client.query<{ epoch: number }>("select epoch from privacy.suppression_epoch for update");
  return rows[0]?.epoch ?? 0;
}

/** Begins a new epoch of the suppression list, so that whatever was masked under the old one is masked again. */
export async function raiseEpoch(client: Client): Promise<void> {
  await client.query("update privacy.suppression_epoch set epoch = epoch + 1");
}

/** Adds data subjects, by ids that the caller has made; those that are there stay. */
export async function addSubjects(client: Client, ids: readonly string[], outcome: ErasureOutcome): Promise<void> {
  await client.query(
    "insert into privacy.subjects (id, outcome) select id, $2 from unnest($1::uuid[]) as s (id) on conflict do nothing",
    [ids, outcome],
  );
}

/**
 * Puts identifiers on the suppression list, lifted ones too, and returns those that were not on it. The caller raises the
 * epoch. Identifiers may be given twice.
 */
export async function addSuppressions(client: Client, added: readonly NewSuppression[]): Promise<NewSuppression[]> {
  if (added.length === 0) return [];
  const { rows } = await client.query<Omit<NewSuppression, "key"> & { key: Buffer }>(
    `insert into privacy.suppressions as s (subject_id, act, kind, key, key_id)
     select distinct on (subject_id, act, kind, key) subject_id, act, kind, key, key_id
     from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::text[]) as added (subject_id, act, kind, key, key_id)
     order by subject_id, act, kind, key
     on conflict (subject_id, act, kind, key) do update
     set lifted_at = null, is_logged = false where s.lifted_at is not null
     returning subject_id as "subjectId", act, kind, key, key_id as "keyId"`,
    [
      added.map(({ subjectId }) => subjectId),
      added.map(({ act }) => act),
      added.map(({ kind }) => kind),
      added.map(({ key }) => key),
      added.map(({ keyId }) => keyId),
    ],
  );
  return rows;
}

/** Returns the identifiers of subjects that are on the suppression list as theirs alone, with what erasures leave of them. */
export async function readErasedIdentifiers(
  db: Queryable,
  subjectIds: readonly string[],
): Promise<(NewSuppression & { readonly outcome: ErasureOutcome })[]> {
  const { rows } = await db.query<NewSuppression & { outcome: ErasureOutcome }>(
    `select s.subject_id as "subjectId", s.act, s.kind, s.key, s.key_id as "keyId", p.outcome
     from privacy.suppressions s join privacy.subjects p on p.id = s.subject_id
     where s.subject_id = any ($1) and s.act = 'erase' and s.lifted_at is null`,
    [subjectIds],
  );
  return rows;
}
