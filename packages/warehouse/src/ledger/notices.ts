import { NOTICE_CODES, type Notice, type NoticeCode } from "@lethe/contracts/runs";
import type { Queryable } from "../pool.js";

/** Notices of one kind that a run names. Beyond them it counts: a landing of a million such files must not make a million rows. */
const MOST_NAMED = 1_000;

/**
 * Adds a notice about a file or folder to a run. The same notice is kept once. Of each kind so many are named as `mostNamed` says, and
 * the others counted, as often as they come.
 */
export async function addNotice(
  db: Queryable,
  runId: string,
  code: NoticeCode,
  path: string,
  detail?: string,
  mostNamed = MOST_NAMED,
): Promise<void> {
  const message = detail === undefined ? NOTICE_CODES[code] : `${NOTICE_CODES[code]} ${detail}`;
  await db.query(
    `with named as (
       select count(*) as n, coalesce(bool_or(path = $3), false) as "isKnown" from ledger.notices where run_id = $1 and code = $2
     ), added as (
       insert into ledger.notices (run_id, code, path, message)
       select $1, $2, $3, $4 from named where n < $5
       on conflict (run_id, code, path) do nothing
     )
     update ledger.runs
     set notices_more = notices_more || jsonb_build_object($2::text, coalesce((notices_more ->> $2)::bigint, 0) + 1)
     from named where id = $1 and n >= $5 and not "isKnown"`,
    [runId, code, path, message, mostNamed],
  );
}

/** Returns a notice for each kind of which a run has more than it names: how many there are. */
export async function readUnnamedNotices(db: Queryable, runId: string): Promise<Notice[]> {
  const { rows } = await db.query<{ code: NoticeCode; more: number }>(
    `select key as code, value::bigint as more from ledger.runs, jsonb_each_text(notices_more) where id = $1 order by key`,
    [runId],
  );
  return rows.map(({ code, more }) => ({
    code,
    path: ".",
    message: `${NOTICE_CODES[code]} And ${more} more, not named.`,
  }));
}
