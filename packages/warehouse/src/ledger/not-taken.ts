import { NOTICE_CODES, type NoticeCode } from "@lethe/contracts/runs";
import type { Queryable } from "../pool.js";
import type { ExtractionRunClient } from "./extraction-fence.js";

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

/** Returns how many entries of landing the last run over files of each job did not take, by job. */
export async function countLastNotTaken(db: Queryable): Promise<{ readonly job: string; readonly entries: number }[]> {
  const { rows } = await db.query<{ job: string; entries: number }>(
    `select distinct on (job) job, not_taken as entries from ledger.runs
     where kind = 'files' and extracted_at is not null order by job, requested_at desc`,
  );
  return rows;
}
