import type { Client, Queryable } from "../pool.js";

/** A record that was erased. */
export interface ErasedRecordRow {
  /** The keyed hash of its own id, as hexadecimal digits. */
  readonly hash: string;
  /** The id of the key that the hash was made with. */
  readonly keyId: string;
  /** The random id that the record has now, and the erasure that gave it; null for a record that has none any more. */
  readonly replacement: string | null;
  readonly erasureId: string | null;
}

/** Keeps by what erased records are known again, and, until their files have been rewritten, the ids that they have now. */
export async function writeErasedRecords(client: Client, records: readonly ErasedRecordRow[]): Promise<void> {
  if (records.length === 0) return;
  await client.query(
    `with record as (
       select decode(hash, 'hex') as record_hash, key_id, replacement, erasure_id
       from unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[]) as r (hash, key_id, replacement, erasure_id)
     ), known as (
       insert into privacy.erased_records (record_hash, key_id) select record_hash, key_id from record order by record_hash
       on conflict do nothing
     )
     insert into privacy.record_replacements (record_hash, replacement, erasure_id)
     select record_hash, replacement, erasure_id from record where replacement is not null order by record_hash
     on conflict (record_hash) do update
     set replacement = excluded.replacement, erasure_id = excluded.erasure_id, run_id = null`,
    [
      records.map(({ hash }) => hash),
      records.map(({ keyId }) => keyId),
      records.map(({ replacement }) => replacement),
      records.map(({ erasureId }) => erasureId),
    ],
  );
}

/** Finds the id that takes the place of a record's own, by the keyed hash of that. */
export type FindReplacement = (recordHash: Buffer) => string | undefined;

/** Reads the ids of erased records whose files may not have them yet. */
export async function readReplacements(db: Queryable): Promise<FindReplacement> {
  const replacements = await listReplacements(db);
  return (recordHash) => replacements.get(recordHash.toString("hex"));
}

/** Returns the ids of erased records whose files may not have them yet, by the hexadecimal digits of the records' hashes. */
export async function listReplacements(db: Queryable): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<{ hash: string; replacement: string }>(
    "select encode(record_hash, 'hex') as hash, replacement from privacy.record_replacements",
  );
  return new Map(rows.map(({ hash, replacement }) => [hash, replacement]));
}

/** Forgets which ids records were given by erasures. Call it in the transaction that completes them. */
export async function forgetReplacements(client: Client, erasureIds: readonly string[]): Promise<void> {
  await client.query("delete from privacy.record_replacements where erasure_id = any ($1)", [erasureIds]);
}

/** Forgets which ids records were given as a run loaded them. Call it in the transaction that closes the run. */
export async function forgetReplacementsOfRun(client: Client, runId: string): Promise<void> {
  await client.query("delete from privacy.record_replacements where run_id = $1", [runId]);
}
