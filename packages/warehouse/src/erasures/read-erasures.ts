import { ERASURE_LIMIT_DAYS, type Erasure, type ErasureOutcome, type ErasureState } from "@lethe/contracts/erasures";
import { NotFoundError } from "@lethe/contracts/errors";
import type { Queryable } from "../pool.js";

export interface ErasureFilter {
  readonly state?: ErasureState | undefined;
  readonly runId?: string | undefined;
  /** The cursor of the previous page: only erasures received before this one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Returns one page of erasures, newest first. */
export async function listErasures(
  db: Queryable,
  filter: ErasureFilter,
): Promise<{ erasures: Erasure[]; nextCursor: string | null }> {
  const { rows } = await db.query<ErasureRow>(
    `${SELECT_ERASURE}
     where ($1::text is null or state = $1) and ($2::uuid is null or run_id = $2)
       and ($3::uuid is null
            or (received_at, id) < (select received_at, id from warehouse.erasure_requests where id = $3))
     order by received_at desc, id desc limit $4`,
    [filter.state ?? null, filter.runId ?? null, filter.before ?? null, filter.limit + 1],
  );
  const erasures = rows.slice(0, filter.limit).map(toErasure);
  return { erasures, nextCursor: rows.length > filter.limit ? (erasures.at(-1)?.id ?? null) : null };
}

/** Returns an erasure. Throws NotFoundError. */
export async function readErasure(db: Queryable, id: string): Promise<Erasure> {
  const { rows } = await db.query<ErasureRow>(`${SELECT_ERASURE} where id = $1`, [id]);
  if (rows[0] === undefined) throw new NotFoundError(`there is no erasure ${id}`);
  return toErasure(rows[0]);
}

/** Returns the number of pending erasures, and the age of the oldest in days: 0 when there is none. */
export async function measurePendingErasures(db: Queryable): Promise<{ pending: number; oldestDays: number }> {
  const { rows } = await db.query<{ pending: number; days: number }>(
    `select count(*) as pending,
            coalesce(extract(epoch from clock_timestamp() - min(received_at)) / 86400, 0)::double precision as days
     from warehouse.erasure_requests where state = 'suppressed'`,
  );
  return { pending: rows[0]?.pending ?? 0, oldestDays: rows[0]?.days ?? 0 };
}

const SELECT_ERASURE = `
  select id, state, pseudonym, found, policy_version, outcome, run_id, requested_at, received_at, suppressed_at, completed_at
  from warehouse.erasure_requests`;

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
}

const DAY_MS = 24 * 60 * 60 * 1000;

function toErasure(row: ErasureRow): Erasure {
  const end = row.completed_at ?? new Date();
  const daysOpen = Math.round(((end.getTime() - row.received_at.getTime()) / DAY_MS) * 100) / 100;
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
    daysOpen,
    daysLeft: row.completed_at === null ? Math.round((ERASURE_LIMIT_DAYS - daysOpen) * 100) / 100 : null,
  };
}
