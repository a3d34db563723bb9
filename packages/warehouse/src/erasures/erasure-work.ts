import type { DatasetName } from "@lethe/contracts/datasets";
import type { ErasureOutcome, ErasurePlace } from "@lethe/contracts/erasures";
import { runIsActive } from "../ledger/states.js";
import type { Client, Queryable } from "../pool.js";

export interface PendingErasure {
  readonly id: string;
  readonly runId: string;
  /** The id of the key behind the person's hashes and pseudonyms. */
  readonly keyId: string;
  readonly pseudonyms: readonly string[];
  /**
   * Whether a run is active that was opened before the person was suppressed. What it has staged may hold the person unmasked,
   * and is removed when the run closes.
   */
  readonly waits: boolean;
  /** Whether its own run has closed, so that no finish job of that run will complete it. */
  readonly isOrphaned: boolean;
  readonly subjectId: string;
  readonly outcome: ErasureOutcome;
  /** Whether it failed when it was last tried. */
  readonly hasFailed: boolean;
  /** Whether it is to be tried now: one that failed waits for a while. */
  readonly isDue: boolean;
}

/**
 * Returns the erasures that are not completed, oldest first. `requests` is the dataset of their requests. They do not wait for
 * one of its runs in the last stage, which has nothing staged: two such runs would wait for each other. Nor do they wait for
 * `finishing`, a run in the last stage that has archived its files and removed what it staged.
 */
export async function pendingErasures(
  db: Queryable,
  requests: DatasetName,
  finishing?: string,
): Promise<PendingErasure[]> {
  const { rows } = await db.query<PendingErasure>(
    `select e.id, e.run_id as "runId", e.key_id as "keyId", e.pseudonyms,
            coalesce((select min(r.requested_at) from ledger.runs r
                      where ${runIsActive("r.state")}
                        and not (r.state = 'finishing' and (r.job = $1 or r.id is not distinct from $2::uuid)))
                     < e.suppressed_at, false) as waits,
            not ${runIsActive("own.state")} as "isOrphaned", e.subject_id as "subjectId", e.outcome,
            a.erasure_id is not null as "hasFailed", coalesce(a.next_at <= clock_timestamp(), true) as "isDue"
     from warehouse.erasure_requests e join ledger.runs own on own.id = e.run_id
     left join privacy.erasure_attempts a on a.erasure_id = e.id
     where e.state = 'suppressed' order by e.received_at, e.id`,
    [requests, finishing ?? null],
  );
  return rows;
}

/** An erasure that is to be recorded. */
export interface NewErasureRow {
  readonly id: string;
  readonly kind: "request" | "follow-up" | "strengthen" | "reapply";
  readonly subjectId: string;
  readonly outcome: ErasureOutcome;
  readonly customerKey: Buffer;
  readonly emailKey: Buffer;
  readonly keyId: string;
  readonly pseudonym: string;
  readonly policyVersion: string;
  readonly requestedAt: Date;
  readonly fileId: number;
  readonly runId: string;
  /** The request as it stood in quarantine until a person decided. */
  readonly quarantineId: number | null;
}

/**
 * Records erasures that begin: their people are suppressed, and nothing is completed yet. The law's month runs from the arrival of
 * the file, also for a request that waited for a decision.
 */
export async function addErasures(client: Client, erasures: readonly NewErasureRow[]): Promise<void> {
  await client.query(
    `insert into warehouse.erasure_requests
       (id, kind, subject_id, outcome, customer_key, email_key, key_id, pseudonym, state, policy_version, requested_at,
        received_at, source_file_id, run_id, quarantine_id)
     select e.id, kind, subject_id, outcome, decode(customer_key, 'hex'), decode(email_key, 'hex'), key_id, pseudonym,
            'suppressed', policy_version, requested_at, f.created_at, file_id, e.run_id, quarantine_id
     from jsonb_to_recordset($1) as e (
       id uuid, kind text, subject_id uuid, outcome text, customer_key text, email_key text, key_id text, pseudonym text,
       policy_version text, requested_at timestamptz, file_id bigint, run_id uuid, quarantine_id bigint)
     join ledger.files f on f.id = e.file_id`,
    [
      JSON.stringify(
        erasures.map((erasure) => ({
          ...{ id: erasure.id, kind: erasure.kind, subject_id: erasure.subjectId, outcome: erasure.outcome },
          customer_key: erasure.customerKey.toString("hex"),
          email_key: erasure.emailKey.toString("hex"),
          ...{ key_id: erasure.keyId, pseudonym: erasure.pseudonym, policy_version: erasure.policyVersion },
          ...{
            requested_at: erasure.requestedAt,
            file_id: erasure.fileId,
            run_id: erasure.runId,
            quarantine_id: erasure.quarantineId,
          },
        })),
      ),
    ],
  );
}

/** Records what erasures have masked in one place; see `recordPlaces`. */
export async function recordPlacesOf(
  db: Queryable,
  place: string,
  name: string,
  masked: readonly { readonly erasureId: string; readonly records: number; readonly values: number }[],
): Promise<void> {
  await recordPlaces(
    db,
    masked.map(({ erasureId, records, values }) => ({ erasureId, place, name, records, values })),
  );
}

/** Records what erasures have masked, place by place. Work that is repeated after a crash does not lower the counts. */
export async function recordPlaces(
  db: Queryable,
  places: readonly (ErasurePlace & { readonly erasureId: string })[],
): Promise<void> {
  if (places.length === 0) return;
  await db.query(
    `insert into privacy.erasure_places (erasure_id, place, name, records, values)
     select "erasureId", place, name, records, "values"
     from jsonb_to_recordset($1::jsonb) as p ("erasureId" uuid, place text, name text, records integer, "values" integer)
     on conflict (erasure_id, place, name) do update
     set records = greatest(erasure_places.records, excluded.records),
         values = greatest(erasure_places.values, excluded.values)`,
    [JSON.stringify(places)],
  );
}

/** Returns what erasures have masked, ordered by place and name. */
export async function readPlacesOf(
  db: Queryable,
  erasureIds: readonly string[],
): Promise<ReadonlyMap<string, readonly ErasurePlace[]>> {
  const { rows } = await db.query<ErasurePlace & { erasureId: string }>(
    `select erasure_id as "erasureId", place, name, records, values from privacy.erasure_places
     where erasure_id = any ($1) order by place, name`,
    [erasureIds],
  );
  const places = new Map<string, ErasurePlace[]>();
  for (const { erasureId, ...place } of rows) {
    const own = places.get(erasureId) ?? [];
    places.set(erasureId, own);
    own.push(place);
  }
  return places;
}

/** Returns what an erasure has masked, ordered by place and name. */
export async function readPlaces(db: Queryable, erasureId: string): Promise<ErasurePlace[]> {
  const { rows } = await db.query<ErasurePlace>(
    "select place, name, records, values from privacy.erasure_places where erasure_id = $1 order by place, name",
    [erasureId],
  );
  return rows;
}

/** Notes under which pseudonyms the records of erasures' people stand now, and whether any were found. */
export async function recordErased(
  db: Queryable,
  erased: readonly {
    readonly erasureId: string;
    readonly pseudonyms: readonly string[];
    readonly found: boolean;
  }[],
): Promise<void> {
  await db.query(
    `update warehouse.erasure_requests e set pseudonyms = erased.pseudonyms, found = erased.found
     from jsonb_to_recordset($1::jsonb) as erased ("erasureId" uuid, pseudonyms text[], found boolean)
     where e.id = erased."erasureId"`,
    [JSON.stringify(erased)],
  );
}
