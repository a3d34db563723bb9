import type { ErasureOutcome } from "@lethe/contracts/erasures";
import { StaleSuppressionError } from "@lethe/contracts/errors";
import type { Client, Queryable } from "./pool.js";

export interface StoredSuppressions {
  /** Grows with every change of the list. */
  readonly epoch: number;
  readonly identifiers: readonly StoredIdentifier[];
}

/** One identifier of a data subject on the list. */
export interface StoredIdentifier {
  readonly subjectId: string;
  readonly act: "erase" | "release" | "restrict" | "question" | "lifted";
  readonly kind: "customer-id" | "email" | "name";
  /** The keyed hash as hexadecimal digits. */
  readonly hash: string;
  readonly keyId: string;
  readonly outcome: ErasureOutcome;
}

/** Returns the epoch alone, which tells whether a list that was read before is still current. */
export async function readSuppressionEpoch(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ epoch: number }>("select epoch from privacy.suppression_epoch");
  return rows[0]?.epoch ?? 0;
}

/** Returns the suppression list with its epoch, as of one instant. */
export async function readSuppressions(db: Queryable): Promise<StoredSuppressions> {
  const { rows } = await db.query<{ epoch: number } & (StoredIdentifier | { subjectId: null })>(
    `select e.epoch, s.subject_id as "subjectId", s.act, s.kind, encode(s.key, 'hex') as hash, s.key_id as "keyId", p.outcome
     from privacy.suppression_epoch e
     left join (privacy.suppressions s join privacy.subjects p on p.id = s.subject_id) on s.lifted_at is null`,
  );
  return {
    epoch: rows[0]?.epoch ?? 0,
    identifiers: rows.flatMap(({ epoch: _, ...identifier }) => (identifier.subjectId === null ? [] : [identifier])),
  };
}

/**
 * Returns the ids of people who were erased and have consented again. They are suppressed no more, but what was erased of
 * them is known again by the key that it was hashed with.
 */
export async function readLifted(db: Queryable): Promise<StoredIdentifier[]> {
  const { rows } = await db.query<StoredIdentifier>(
    `select s.subject_id as "subjectId", 'lifted' as act, s.kind, encode(s.key, 'hex') as hash, s.key_id as "keyId", p.outcome
     from privacy.suppressions s join privacy.subjects p on p.id = s.subject_id
     where s.kind = 'customer-id' and s.act = 'erase' and s.lifted_at is not null`,
  );
  return rows;
}

/** Reports whether one of these keyed hashes is of the id of a record that was erased. */
export async function isErasedRecord(db: Queryable, hashes: readonly Buffer[]): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>(
    "select exists (select from privacy.erased_records where record_hash = any ($1)) as found",
    [hashes],
  );
  return rows[0]?.found === true;
}

/** Counts the people on the suppression list, and reads since when there are any, by the id of the key that their hashes were made with. */
export async function readSuppressionsByKey(
  db: Queryable,
): Promise<ReadonlyMap<string, { readonly suppressions: number; readonly since: string | null }>> {
  const { rows } = await db.query<{ keyId: string; suppressions: number; since: Date | null }>(
    `select key_id as "keyId", count(distinct subject_id) as suppressions, min(created_at) as since
     from privacy.suppressions where lifted_at is null group by key_id order by key_id`,
  );
  return new Map(
    rows.map(({ keyId, suppressions, since }) => [keyId, { suppressions, since: since?.toISOString() ?? null }]),
  );
}

/**
 * Keeps the suppression list from changing until the transaction ends; others may read it, or, if this load is to change it,
 * wait. Throws StaleSuppressionError when its epoch is not the one that the batch was masked under: so no batch commits that was
 * masked under an older list.
 */
export async function requireSuppressionEpoch(client: Client, epoch: number, willChange = false): Promise<void> {
  const { rows } = await client.query<{ epoch: number }>(
    // Two loads that first shared the lock and then both wanted it alone would wait for each other.
    `select epoch from privacy.suppression_epoch for ${willChange ? "update" : "share"}`,
  );
  if (rows[0]?.epoch !== epoch) {
    throw new StaleSuppressionError("the suppression list changed after the batch was masked");
  }
}
