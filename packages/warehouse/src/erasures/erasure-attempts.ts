import type { Queryable } from "../pool.js";
import type { ErasureClient } from "./erasure-fence.js";

/** Why an erasure could not be completed. It names no person. */
export interface FailedAttempt {
  readonly erasureId: string;
  /** A stable code: of an error, or `still_found`. */
  readonly errorCode: string;
  /** A table, or a folder of files. */
  readonly place: string;
  /** The file's name in its folder; empty for a table. */
  readonly name: string;
}

/** Minutes until the next attempt: one, then twice as many each time, six hours at the most. */
const MOST_MINUTES = 360;

/** Records that erasures could not be completed, and when they are tried again. */
export async function recordFailedAttempts(db: ErasureClient, attempts: readonly FailedAttempt[]): Promise<void> {
  if (attempts.length === 0) return;
  await db.query(
    `insert into privacy.erasure_attempts as a (erasure_id, attempts, error_code, place, name, last_at, next_at)
     select distinct on ("erasureId") "erasureId", 1, "errorCode", place, name, clock_timestamp(),
            clock_timestamp() + interval '1 minute'
     from jsonb_to_recordset($1::jsonb) as f ("erasureId" uuid, "errorCode" text, place text, name text)
     on conflict (erasure_id) do update
     set attempts = a.attempts + 1, error_code = excluded.error_code, place = excluded.place, name = excluded.name,
         last_at = excluded.last_at,
         next_at = excluded.last_at + least(power(2, least(a.attempts, 20)), $2) * interval '1 minute'`,
    [JSON.stringify(attempts), MOST_MINUTES],
  );
}

/** Forgets the failed attempts of erasures that are completed. */
export async function removeAttempts(db: Queryable, erasureIds: readonly string[]): Promise<void> {
  await db.query("delete from privacy.erasure_attempts where erasure_id = any ($1)", [erasureIds]);
}
