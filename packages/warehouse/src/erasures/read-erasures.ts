import type { Erasure, ErasureOutcome, ErasureState } from "@lethe/contracts/erasures";
import { NotFoundError } from "@lethe/contracts/errors";
import { requireCursor, requireRun } from "../ledger/known-references.js";
import type { Queryable } from "../pool.js";
import { daysOf, dueSql, isExtendedSql } from "./legal-clock.js";

export interface ErasureFilter {
  readonly state?: ErasureState | undefined;
  readonly runId?: string | undefined;
  /** The number of a receipt: only the erasure that it is of. */
  readonly receipt?: number | undefined;
  /** The cursor of the previous page: only erasures received before this one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Returns one page of erasures, newest first. Throws NotFoundError for an unknown run, InvalidInputError for an unknown cursor. */
export async function listErasures(
  db: Queryable,
  filter: ErasureFilter,
): Promise<{ erasures: Erasure[]; nextCursor: string | null }> {
  const { rows } = await db.query<ErasureRow>(
    `${SELECT_ERASURE}
     where ($1::text is null or state = $1) and ($2::uuid is null or run_id = $2)
       and ($3::uuid is null
            or (received_at, id) < (select received_at, id from warehouse.erasure_requests where id = $3))
       and ($5::bigint is null or id = (select (body ->> 'erasureId')::uuid from privacy.proof_log
                                        where sequence = $5 and kind = 'receipt'))
     order by received_at desc, id desc limit $4`,
    [filter.state ?? null, filter.runId ?? null, filter.before ?? null, filter.limit + 1, filter.receipt ?? null],
  );
  if (rows.length === 0) {
    if (filter.runId !== undefined) await requireRun(db, filter.runId);
    if (filter.before !== undefined) {
      await requireCursor(db, filter.before, "exists (select from warehouse.erasure_requests where id = $1)");
    }
  }
  const erasures = rows.slice(0, filter.limit).map(toErasure);
  return { erasures, nextCursor: rows.length > filter.limit ? (erasures.at(-1)?.id ?? null) : null };
}

/** Returns an erasure. Throws NotFoundError. */
export async function readErasure(db: Queryable, id: string): Promise<Erasure> {
  const { rows } = await db.query<ErasureRow>(`${SELECT_ERASURE} where id = $1`, [id]);
  if (rows[0] === undefined) throw new NotFoundError(`there is no erasure ${id}`);
  return toErasure(rows[0]);
}

/** Returns erasures by their ids. */
export async function readErasuresById(db: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, Erasure>> {
  const { rows } = await db.query<ErasureRow>(`${SELECT_ERASURE} where id = any ($1)`, [ids]);
  return new Map(rows.map((row) => [row.id, toErasure(row)]));
}

const SELECT_ERASURE = `
  select id, state, pseudonym, found, policy_version, outcome, run_id, requested_at, received_at, suppressed_at, completed_at,
         (select sequence from privacy.proof_log where kind = 'receipt' and body ->> 'erasureId' = erasures.id::text) as receipt,
         to_jsonb(attempt) as failure, is_extended, ${dueSql("received_at", "(select r.job from ledger.runs r where r.id = run_id)", "is_extended")} as due
  from (select *, ${isExtendedSql("e.id", "e.quarantine_id")} as is_extended from warehouse.erasure_requests e) as erasures
  left join lateral (
    select attempts, error_code as "errorCode", place, name, next_at as "nextAttemptAt"
    from privacy.erasure_attempts where erasure_id = erasures.id
  ) as attempt on true`;

interface ErasureRow {
  id: string;
  state: ErasureState;
  pseudonym: string;
  found: boolean;
  policy_version: string;
  outcome: ErasureOutcome;
  run_id: string;
  requested_at: Date;
  received_at: Date;
  suppressed_at: Date;
  completed_at: Date | null;
  due: Date;
  is_extended: boolean;
  receipt: number | null;
  failure: NonNullable<Erasure["failure"]> | null;
}

function toErasure(row: ErasureRow): Erasure {
  return {
    id: row.id,
    state: row.state,
    pseudonym: row.pseudonym,
    found: row.found,
    policyVersion: row.policy_version,
    outcome: row.outcome,
    runId: row.run_id,
    requestedAt: row.requested_at.toISOString(),
    receivedAt: row.received_at.toISOString(),
    suppressedAt: row.suppressed_at.toISOString(),
    completedAt: row.completed_at?.toISOString() ?? null,
    due: row.due.toISOString(),
    isExtended: row.is_extended,
    receiptNumber: row.receipt,
    ...(row.failure !== null && {
      failure: { ...row.failure, nextAttemptAt: new Date(row.failure.nextAttemptAt).toISOString() },
    }),
    ...daysOf(row.received_at, row.due, row.completed_at),
  };
}
