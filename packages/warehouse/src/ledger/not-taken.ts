import type { DatasetName } from "@lethe/contracts/datasets";
import { NOTICE_CODES, type NoticeCode } from "@lethe/contracts/runs";
import type { Queryable } from "../pool.js";
import type { ExtractionRunClient } from "./extraction-fence.js";
import { EACH_JOB } from "./states.js";

export interface NotTaken {
  readonly code: NoticeCode;
  /** As people see it. */
  readonly path: string;
  readonly detail?: string;
}

/** Records what a run does not take from landing: `entries` by name, and in all so many. Named entries are kept once. */
export async function recordNotTaken(
  db: ExtractionRunClient,
  runId: string,
  entries: readonly NotTaken[],
  total: number,
): Promise<void> {
  await db.query(
    `with noted as (
       insert into ledger.notices (run_id, code, path, message)
       select $1, code, path, message from unnest($2::text[], $3::text[], $4::text[]) as named (code, path, message)
       on conflict (run_id, code, path) do nothing
     )
     update ledger.runs set not_taken = $5 where id = $1`,
    [
      runId,
      entries.map(({ code }) => code),
      entries.map(({ path }) => path),
      entries.map(({ code, detail }) => [NOTICE_CODES[code], ...(detail === undefined ? [] : [detail])].join(" ")),
      total,
    ],
  );
}

/** Counts one more file that a run does not take: it found out when it opened it. */
export async function countNotTaken(db: ExtractionRunClient, runId: string): Promise<void> {
  await db.query("update ledger.runs set not_taken = not_taken + 1 where id = $1", [runId]);
}

/** What the last run over files of a job left in landing. */
export interface LastNotTaken {
  readonly job: DatasetName;
  readonly runId: string;
  readonly entries: number;
}

/** Returns how many entries of landing the last run over files of each job did not take, by job. */
export async function countLastNotTaken(db: Queryable): Promise<LastNotTaken[]> {
  const { rows } = await db.query<LastNotTaken>(
    `${EACH_JOB}
     select last.job, last.id as "runId", last.not_taken as entries from job cross join lateral (
       select r.id, r.job, r.not_taken from ledger.runs r where r.job = job.name and r.kind = 'files' and r.extracted_at is not null
       order by r.requested_at desc, r.id desc limit 1) as last`,
  );
  return rows;
}
