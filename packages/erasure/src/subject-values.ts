import type { Keyring } from "@lethe/privacy/privacy-key";
import { seal, unseal } from "@lethe/privacy/seal";
import type { Client, Queryable } from "@lethe/warehouse/pool";

/** What an erasure searches for, and where the subject's rows came from. */
export interface SubjectValues {
  readonly ids: readonly string[];
  readonly emails: readonly string[];
  /** Cleaned full names. */
  readonly names: readonly string[];
  /** Other personal values of any version: phones, addresses, postcodes. */
  readonly values: readonly { readonly kind: string; readonly value: string }[];
  /** Rows of `ledger.files`. */
  readonly fileIds: readonly number[];
  /** Digests of records that did not say that they are theirs until they were corrected: see `recordDigest`. */
  readonly records?: readonly string[];
}

const PURPOSE = "erasure values";

/**
 * Keeps what pending erasures search for until they are completed, sealed with the privacy key: the database masks the
 * values in the same transaction, and files are searched for them later, perhaps by another process. Replaces what was
 * kept before.
 */
export async function writeSubjectValues(
  client: Client,
  ring: Keyring,
  values: ReadonlyMap<string, SubjectValues>,
): Promise<void> {
  const sealed = [...values.values()].map((value) => seal(ring.current, PURPOSE, JSON.stringify(value)));
  await client.query(
    `insert into privacy.erasure_values (erasure_id, sealed)
     select erasure_id, sealed from unnest($1::uuid[], $2::bytea[]) as v (erasure_id, sealed)
     on conflict (erasure_id) do update set sealed = excluded.sealed`,
    [[...values.keys()], sealed],
  );
}

/** Returns what is kept for erasures, by their ids. Throws ConfigurationError if the keyring lacks a key. */
export async function readSubjectValues(
  db: Queryable,
  ring: Keyring,
  erasureIds: readonly string[],
): Promise<ReadonlyMap<string, SubjectValues>> {
  const { rows } = await db.query<{ id: string; sealed: Buffer }>(
    "select erasure_id as id, sealed from privacy.erasure_values where erasure_id = any ($1)",
    [erasureIds],
  );
  return new Map(rows.map(({ id, sealed }) => [id, JSON.parse(unseal(ring, PURPOSE, sealed)) as SubjectValues]));
}
