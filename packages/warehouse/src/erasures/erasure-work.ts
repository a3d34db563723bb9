import type { DatasetName } from "@lethe/contracts/datasets";
import type { ErasurePlace } from "@lethe/contracts/erasures";
import { withSessionLock } from "../advisory-lock.js";
import { runIsActive } from "../ledger/states.js";
import type { Pool, Queryable } from "../pool.js";

export interface PendingErasure {
  readonly id: string;
  readonly runId: string;
  /** The key that the person's hashes and pseudonyms were made with. */
  readonly keyId: string;
  readonly pseudonyms: readonly string[];
  /**
   * Whether a run is open that was opened before the person was suppressed: what it has staged may hold the person in
   * plain, and goes when the run closes.
   */
  readonly waits: boolean;
  /** Whether its own run is closed, so that no finish job of that run will come back to it. */
  readonly isOrphaned: boolean;
}

/**
 * Returns the erasures that are not completed, oldest first. Takes the dataset of their requests: a run of requests that is itself in its last stage has nothing
 * staged any more, so two of them do not wait for each other.
 */
export async function pendingErasures(db: Queryable, requests: DatasetName): Promise<PendingErasure[]> {
  const { rows } = await db.query<PendingErasure>(
    `select e.id, e.run_id as "runId", e.key_id as "keyId", e.pseudonyms,
            exists (select from ledger.runs r
                    where ${runIsActive("r.state")}
                      and not (r.job = $1 and r.state = 'finishing')
                      and r.requested_at < e.suppressed_at) as waits,
            not ${runIsActive("own.state")} as "isOrphaned"
     from warehouse.erasure_requests e join ledger.runs own on own.id = e.run_id
     where e.state = 'suppressed' order by e.received_at, e.id`,
    [requests],
  );
  return rows;
}

/** Runs `work` while no other process works on erasures; waits for the one that does. */
export async function withErasureLock(pool: Pool, work: () => Promise<void>): Promise<void> {
  return withSessionLock(pool, "lethe erase", work);
}

/** Notes what an erasure has masked in a place. Work that is done again after a crash does not lower what was noted. */
export async function recordPlaces(db: Queryable, erasureId: string, places: readonly ErasurePlace[]): Promise<void> {
  await db.query(
    `insert into privacy.erasure_places (erasure_id, place, name, records, values)
     select $1, place, name, records, "values"
     from unnest($2::text[], $3::text[], $4::integer[], $5::integer[]) as p (place, name, records, "values")
     on conflict (erasure_id, place, name) do update
     set records = greatest(erasure_places.records, excluded.records),
         values = greatest(erasure_places.values, excluded.values)`,
    [
      erasureId,
      places.map(({ place }) => place),
      places.map(({ name }) => name),
      places.map(({ records }) => records),
      places.map(({ values }) => values),
    ],
  );
}

/** Returns what an erasure has masked, place by place. */
export async function readPlaces(db: Queryable, erasureId: string): Promise<ErasurePlace[]> {
  const { rows } = await db.query<ErasurePlace>(
    "select place, name, records, values from privacy.erasure_places where erasure_id = $1 order by place, name",
    [erasureId],
  );
  return rows;
}

/** Notes under which pseudonyms the person's records stand now, and whether any were found. */
export async function recordErased(
  db: Queryable,
  erasureId: string,
  pseudonyms: readonly string[],
  found: boolean,
): Promise<void> {
  await db.query("update warehouse.erasure_requests set pseudonyms = $2, found = $3 where id = $1", [
    erasureId,
    pseudonyms,
    found,
  ]);
}
