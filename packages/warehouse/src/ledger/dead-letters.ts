import type { DatasetName } from "@lethe/contracts/datasets";
import type { DeadLetter, DeadLetterStatus } from "@lethe/contracts/dead-letters";
import { NotFoundError } from "@lethe/contracts/errors";
import type { Pool, Queryable } from "../pool.js";
import { IS_OVERTAKEN, reopenRun } from "./change-run.js";
import { requireCursor } from "./known-references.js";
import { FAILED_BY_ITS_PARTS } from "./states.js";

export interface DeadLetterFilter {
  readonly job?: DatasetName | undefined;
  /** `open` unless given: what somebody has to see to. */
  readonly status?: DeadLetterStatus | undefined;
  /** The cursor of the previous page: only letters older than that one. */
  readonly before?: string | undefined;
  /** Letters on a page. */
  readonly limit: number;
}

/**
 * Returns one page of dead letters, newest first. The cursor is a letter's id, which stays valid after that letter has been
 * replayed; InvalidInputError is thrown for an unknown one. A run that a person cancelled leaves no letters, and one whose work was done since
 * is closed (`closeDoneLetters`).
 */
export async function listDeadLetters(
  db: Queryable,
  filter: DeadLetterFilter,
): Promise<{ deadLetters: DeadLetter[]; nextCursor: string | null }> {
  const { rows } = await db.query<LetterRow>(
    `${LETTERS}
     select * from letters
     where ($1::text is null or job = $1) and status = $2
       and ($3::uuid is null or ("failedAt", id) < (
         select failed_at, id from (select id, failed_at from ledger.batches
                                    union all select id, failed_at from ledger.runs) as known
         where id = $3))
     order by "failedAt" desc, id desc limit $4`,
    [filter.job ?? null, filter.status ?? "open", filter.before ?? null, filter.limit + 1],
  );
  if (rows.length === 0 && filter.before !== undefined) {
    await requireCursor(
      db,
      filter.before,
      "exists (select from ledger.batches where id = $1) or exists (select from ledger.runs where id = $1)",
    );
  }
  const deadLetters = rows.slice(0, filter.limit).map(toDeadLetter);
  return { deadLetters, nextCursor: rows.length > filter.limit ? (deadLetters.at(-1)?.id ?? null) : null };
}

/** Returns a dead letter. Throws NotFoundError if there is none, or if it was replayed. */
export async function readDeadLetter(db: Queryable, id: string): Promise<DeadLetter> {
  const { rows } = await db.query<LetterRow>(`${LETTERS} select * from letters where id = $1`, [id]);
  if (rows[0] === undefined) throw new NotFoundError(`there is no dead letter ${id}`);
  return toDeadLetter(rows[0]);
}

/** Counts the dead letters that can be replayed. */
export async function countReplayableDeadLetters(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ n: number }>(`${LETTERS} select count(*) as n from letters where status = 'open'`);
  return rows[0]?.n ?? 0;
}

/**
 * Reopens a dead letter's run to retry the work of this letter, and returns the run's id. Other failed batches of the run stay
 * failed. The caller enqueues the run. Throws NotFoundError, and RunStateError when the run cannot be reopened.
 */
export async function replayDeadLetter(pool: Pool, id: string): Promise<string> {
  const { runId, batchId } = await readDeadLetter(pool, id);
  await reopenRun(pool, runId, { failedBatch: batchId });
  return runId;
}

type LetterRow = Omit<DeadLetter, "failedAt"> & { failedAt: Date };

// Older versions did not record the stage and time of a failure.
const LETTERS = `
  with letters as (
    select b.id, coalesce(b.failed_stage, 'load') as stage, r.job, r.id as "runId", b.id as "batchId",
           coalesce(b.error_code, 'unknown') as code, coalesce(b.error_message, '') as message,
           (select coalesce(sum(line_count), 0)::bigint from ledger.batch_segments where batch_id = b.id) as records,
           b.bytes, coalesce(b.failed_at, b.created_at) as "failedAt",
           case when ${IS_OVERTAKEN} then 'overtaken' else 'open' end as status
    from ledger.batches b join ledger.runs r on r.id = b.run_id
    where b.state = 'failed' and r.state <> 'cancelled' and b.letter_closed_at is null
    union all
    select r.id, coalesce(r.failed_stage, case when r.extracted_at is null then 'extract' else 'finish' end), r.job,
           r.id, null, coalesce(r.error_code, 'unknown'), coalesce(r.error_message, ''), null, null,
           coalesce(r.failed_at, r.finished_at, r.requested_at),
           case when ${IS_OVERTAKEN} then 'overtaken' else 'open' end
    from ledger.runs r
    where r.state = 'failed' and not ${FAILED_BY_ITS_PARTS} and r.letter_closed_at is null
  )`;

function toDeadLetter(row: LetterRow): DeadLetter {
  return { ...row, failedAt: row.failedAt.toISOString() };
}
