import type { DatasetName } from "@lethe/contracts/datasets";
import { NotFoundError, RunStateError } from "@lethe/contracts/errors";
import type { Request, RequestState } from "@lethe/contracts/requests";
import { recordAct } from "../access/acts.js";
import { unknownCursor } from "../ledger/known-references.js";
import { inTransaction, type Pool, type Queryable } from "../pool.js";
import { daysOf, dueSql, isExtendedSql } from "./legal-clock.js";

export interface RequestFilter {
  readonly state?: RequestState | undefined;
  /** Whether its clock runs. */
  readonly open?: boolean | undefined;
  /** `received`: the newest first. `due`: those first that must be answered first. */
  readonly order?: "received" | "due" | undefined;
  /** The cursor of the previous page: only requests that follow this one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Returns one page of the requests of a dataset in all states, newest first unless another order is asked for. */
export async function listRequests(
  db: Queryable,
  requests: DatasetName,
  filter: RequestFilter,
): Promise<{ requests: Request[]; nextCursor: string | null }> {
  const order = ORDERS[filter.order ?? "received"];
  const { rows } = await db.query<RequestRow>(
    `${REQUESTS}
     where ($2::text is null or state = $2) and ($3::boolean is null or (closed_at is null) = $3)
       and ($4::text is null or ${order.follows} (
         select ${order.key} from requests where id = $4 or quarantine_id::text = $4))
     order by ${order.by} limit $5`,
    [requests, filter.state ?? null, filter.open ?? null, filter.before ?? null, filter.limit + 1],
  );
  // A request has two ids once it has become an erasure. Either may have been given.
  if (rows.length === 0 && filter.before !== undefined) await readRequest(db, requests, filter.before).catch(asCursor);
  const page = rows.slice(0, filter.limit).map(toRequest);
  return { requests: page, nextCursor: rows.length > filter.limit ? (page.at(-1)?.id ?? null) : null };
}

const DUE = dueSql("received_at", "$1", "is_extended");
const ORDERS = {
  received: { key: "received_at, id", follows: "(received_at, id) <", by: "received_at desc, id desc" },
  due: { key: `${DUE}, id`, follows: `(${DUE}, id) >`, by: `${DUE}, id` },
} as const;

function asCursor(error: unknown): never {
  throw error instanceof NotFoundError ? unknownCursor() : error;
}

/**
 * Returns a request by the id of its erasure or the number of its record in quarantine, which it keeps when it becomes an
 * erasure. Throws NotFoundError.
 */
export async function readRequest(db: Queryable, requests: DatasetName, id: string): Promise<Request> {
  const { rows } = await db.query<RequestRow>(`${REQUESTS} where id = $2 or quarantine_id::text = $2`, [requests, id]);
  if (rows[0] === undefined) throw new NotFoundError(`there is no request ${id}`);
  return toRequest(rows[0]);
}

/** Returns the requests in quarantine that name one of these ids or emails. */
export async function requestsInQuarantine(
  db: Queryable,
  requests: DatasetName,
  ids: readonly string[],
  emails: readonly string[],
): Promise<Request[]> {
  const { rows } = await db.query<RequestRow>(
    `${REQUESTS} where erasure_id is null and quarantine_id in (
       select q.id from ledger.quarantine q
       where q.dataset = $1 and (q.subject_customer_id = any ($2) or q.subject_email = any ($3)))
     order by received_at, id`,
    [requests, ids, emails],
  );
  return rows.map(toRequest);
}

/** Returns the requests that have become erasures of one of these keyed hashes of customer ids. */
export async function requestsOfKeys(
  db: Queryable,
  requests: DatasetName,
  customerKeys: readonly Buffer[],
): Promise<Request[]> {
  const { rows } = await db.query<RequestRow>(
    `${REQUESTS} where erasure_id in (select e.id from warehouse.erasure_requests e where e.customer_key = any ($2))
     order by received_at, id`,
    [requests, customerKeys],
  );
  return rows.map(toRequest);
}

/**
 * Extends the time to answer a request by two months, once (GDPR Art. 12(3)): its sender must be told why within the first one.
 * `reason` is kept as it is and must not name anybody; `by` is the caller's name. Throws NotFoundError, and RunStateError for a
 * request that is answered or was extended before.
 */
export async function extendRequest(
  pool: Pool,
  requests: DatasetName,
  id: string,
  { reason, by }: { readonly reason: string; readonly by: string },
): Promise<Request> {
  return inTransaction(pool, async (client) => {
    const { erasureId, quarantineId } = await readRequest(client, requests, id);
    // Of two who extend it at once, the second one sees what the first one did.
    if (erasureId === null)
      await client.query("select from ledger.quarantine where id = $1 for update", [quarantineId]);
    else await client.query("select from warehouse.erasure_requests where id = $1 for update", [erasureId]);
    const { closedAt, isExtended } = await readRequest(client, requests, id);
    if (closedAt !== null) throw new RunStateError(`request ${id} is answered; its term cannot be extended`);
    if (isExtended) throw new RunStateError(`request ${id} was extended before, which the law allows once`);
    await recordAct(client, {
      act: "extended",
      by,
      reason,
      ...(erasureId === null ? {} : { erasureId }),
      ...(quarantineId === null ? {} : { quarantineId }),
    });
    return readRequest(client, requests, id);
  });
}

export interface OpenRequests {
  readonly open: number;
  /** Seconds since the oldest was received: 0 when there is none. */
  readonly oldestSeconds: number;
  /** Seconds until the first of them must be answered, below 0 when that has passed; null when there is none. */
  readonly leftSeconds: number | null;
}

/** Measures the requests and erasures that are not answered. */
export async function measureOpenRequests(db: Queryable, requests: DatasetName): Promise<OpenRequests> {
  const { rows } = await db.query<OpenRequests>(
    `${REQUESTS_ALONE}, open as (
       select received_at, is_extended from requests where closed_at is null
       union all
       select received_at, false from warehouse.erasure_requests where state = 'suppressed' and kind <> 'request'
     )
     select count(*) as open,
            coalesce(extract(epoch from clock_timestamp() - min(received_at)), 0)::double precision as "oldestSeconds",
            extract(epoch from min(${dueSql("received_at", "$1", "is_extended")}) - clock_timestamp())::double precision
              as "leftSeconds"
     from open`,
    [requests],
  );
  return rows[0] ?? { open: 0, oldestSeconds: 0, leftSeconds: null };
}

/** The states of a request that waits for a person: to decide on it, or to ask or tell its sender. */
const WAITING_FOR_SOMEBODY: readonly RequestState[] = [
  "undecided",
  "awaiting second approval",
  "malformed",
  "unreadable",
  "masked",
];

export interface RequestsToSeeTo {
  /** Those that wait for a person. */
  readonly waiting: number;
  /** Of all that are not answered: whose term ends within the days that were asked for, and whose term has ended. */
  readonly dueSoon: number;
  readonly overdue: number;
}

/** Counts the requests that somebody has to see to, and of all that are not answered those whose term ends within so many days. */
export async function countRequestsToSeeTo(
  db: Queryable,
  requests: DatasetName,
  soonDays: number,
): Promise<RequestsToSeeTo> {
  const { rows } = await db.query<RequestsToSeeTo>(
    `${REQUESTS_ALONE}, open as (
       select state, ${dueSql("received_at", "$1", "is_extended")} as due from requests where closed_at is null
     )
     select count(*) filter (where state = any ($3)) as waiting,
            count(*) filter (where due >= clock_timestamp() and due < clock_timestamp() + make_interval(days => $2)) as "dueSoon",
            count(*) filter (where due < clock_timestamp()) as overdue
     from open`,
    [requests, soonDays, WAITING_FOR_SOMEBODY],
  );
  return rows[0] ?? { waiting: 0, dueSoon: 0, overdue: 0 };
}

// A record that was taken is its erasure from then on, and one that was there before is answered with the first one.
const REQUESTS_ALONE = `
  with requests as (
    select e.id::text as id, e.state, e.id as erasure_id, e.quarantine_id, e.received_at,
           ${isExtendedSql("e.id", "e.quarantine_id")} as is_extended, e.completed_at as closed_at
    from warehouse.erasure_requests e where e.kind = 'request'
    union all
    select q.id::text,
           case when q.status = 'discarded' or refused.acted_at is not null then 'refused'
                when q.status = 'erased' then 'masked'
                when q.reason = 'schema' then 'malformed'
                when q.reason = 'unreadable' then 'unreadable'
                when q.approved_at is not null then 'approved'
                when exists (select from privacy.acts a where a.quarantine_id = q.id and a.act = 'approved')
                then 'awaiting second approval'
                else 'undecided' end,
           null, q.id, f.created_at,
           exists (select from privacy.acts a where a.quarantine_id = q.id and a.act = 'extended'),
           coalesce(refused.acted_at, case when q.status = 'discarded' then q.resolved_at end)
    from ledger.quarantine q
    join ledger.files f on f.id = q.file_id
    left join lateral (select min(a.acted_at) as acted_at from privacy.acts a
                       where a.quarantine_id = q.id and a.act = 'rejected') as refused on true
    where q.dataset = $1 and q.reason <> 'duplicate' and q.status <> 'replayed'
      and not exists (select from warehouse.erasure_requests e where e.quarantine_id = q.id)
  )`;

const REQUESTS = `${REQUESTS_ALONE}
  select id, state, erasure_id as "erasureId", quarantine_id as "quarantineId", received_at as "receivedAt",
         is_extended as "isExtended", closed_at as "closedAt", ${dueSql("received_at", "$1", "is_extended")} as due,
         (select a.reason from privacy.acts a
          where (a.erasure_id = requests.erasure_id or a.quarantine_id = requests.quarantine_id)
            and a.act in ('extended', 'rejected')
          order by a.act desc, a.id limit 1) as reason
  from requests`;

interface RequestRow {
  id: string;
  state: RequestState;
  erasureId: string | null;
  quarantineId: number | null;
  receivedAt: Date;
  due: Date;
  isExtended: boolean;
  closedAt: Date | null;
  reason: string | null;
}

function toRequest({ receivedAt, due, closedAt, ...row }: RequestRow): Request {
  return {
    ...row,
    receivedAt: receivedAt.toISOString(),
    due: due.toISOString(),
    closedAt: closedAt?.toISOString() ?? null,
    ...daysOf(receivedAt, due, closedAt),
  };
}
