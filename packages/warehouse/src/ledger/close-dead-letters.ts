import type { DatasetName } from "@lethe/contracts/datasets";
import type { Queryable } from "../pool.js";
import { FAILED_BY_ITS_PARTS, runHasSucceeded } from "./states.js";

/**
 * Closes the dead letters whose work was done since: their files were taken up and finished by later runs, or a later run has done what
 * a run could not begin. Of one job, or of all. Returns how many it has closed. The end of each run calls it for its job, and the
 * reconciler for what was left from before.
 */
export async function closeDoneLetters(db: Queryable, job?: DatasetName): Promise<number> {
  const { rows } = await db.query<{ closed: number }>(CLOSE_DONE_LETTERS, [job ?? null]);
  return rows[0]?.closed ?? 0;
}

/** SQL condition: a later run has finished the file `mine`, which its own run has released. */
const IS_FINISHED_ELSEWHERE = `
  mine.state = 'released'
  and exists (select from ledger.files other
              where other.dataset = mine.dataset and other.delivery = mine.delivery and other.id <> mine.id
                and other.state in ('done', 'quarantined'))`;

/** SQL condition: a run that was extracted after `failed_at` has done the whole job of the run `r`. */
const laterRun = (failedAt: string) => `
  exists (select from ledger.runs later
          where later.job = r.job and later.kind = r.kind and ${runHasSucceeded("later.state")} and later.extracted_at > ${failedAt}
            and (later.range_from is null or later.range_from = r.range_from)
            and (later.range_to is null or later.range_to = r.range_to))`;

/** SQL condition: the run `r` has no work of its own, so the finish of any later run of its job does all that is left. */
const HAS_FOUND_NOTHING = `
  not exists (select from ledger.files mine where mine.run_id = r.id)
  and not exists (select from ledger.batches b where b.run_id = r.id)`;

// What a later run has finished is not all where a loaded part of the run itself is not published.
const CLOSE_DONE_LETTERS = `
  with closed_runs as (
    update ledger.runs r set letter_closed_at = clock_timestamp()
    where r.state = 'failed' and r.letter_closed_at is null and not ${FAILED_BY_ITS_PARTS}
      and (coalesce(r.failed_stage, case when r.extracted_at is null then 'extract' end) = 'extract'
           or r.failed_stage = 'finish' and ${HAS_FOUND_NOTHING})
      and ($1::text is null or r.job = $1)
      and ${laterRun("coalesce(r.failed_at, r.finished_at)")}
      and not exists (select from ledger.files mine
                      where mine.run_id = r.id and mine.state in ('open', 'released') and not (${IS_FINISHED_ELSEWHERE}))
      and not exists (select from ledger.batches b join ledger.batch_segments s on s.batch_id = b.id
                      where b.run_id = r.id and b.state = 'loaded' and s.published_bytes > 0)
    returning r.id
  ), closed_batches as (
    update ledger.batches b set letter_closed_at = clock_timestamp()
    from ledger.runs r
    where b.run_id = r.id and b.state = 'failed' and b.letter_closed_at is null and r.state = 'failed'
      and ($1::text is null or r.job = $1)
      and case when r.kind <> 'files' then ${laterRun("coalesce(b.failed_at, r.finished_at)")}
               else exists (select from ledger.batch_segments s where s.batch_id = b.id)
                    and not exists (select from ledger.batch_segments s join ledger.files mine on mine.id = s.file_id
                                    where s.batch_id = b.id and not (${IS_FINISHED_ELSEWHERE})) end
    returning b.id
  )
  select (select count(*) from closed_runs) + (select count(*) from closed_batches) as closed`;
