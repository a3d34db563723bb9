import type { DatasetName } from "@lethe/contracts/datasets";
import { RunActiveError } from "@lethe/contracts/errors";
import type { QuarantineFilter } from "@lethe/contracts/quarantine";
import type { RunKind, RunTrigger } from "@lethe/contracts/runs";
import type { Queryable } from "../pool.js";
import { runIsActive } from "./states.js";

export interface RunRequest {
  /** The run's id, by which a request that is made again opens no second run; a new one unless given. */
  readonly id?: string | undefined;
  readonly job: DatasetName;
  readonly kind: RunKind;
  readonly trigger: RunTrigger;
  /** The range of partitions, `YYYY-MM-DD` or `YYYY-MM-DDTHH`; both ends are included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Whether to take files whose content was loaded before. */
  readonly force?: boolean | undefined;
  readonly replayFilter?: QuarantineFilter | undefined;
}

const OPEN_RUN = `
  insert into ledger.runs (job, kind, trigger, state, range_from, range_to, force, replay_filter, id)
  values ($1, $2, $3, 'queued', $4, $5, $6, $7, coalesce($8, gen_random_uuid()))
  on conflict do nothing
  returning id`;

/** Of backfills one is active at a time, of whatever job. */
const ACTIVE_RUN = `
  select id, job from ledger.runs
  where (job = $1 or $2 = 'backfill') and kind = $2 and ${runIsActive()}`;

/**
 * Opens a run in the ledger and returns its id. The caller enqueues the run; if it fails to, the reconciler does. Throws
 * RunActiveError, with the active run's id, when the job has an active run of this kind, or any job an active backfill. A run of the
 * request's own id, in whatever state, is returned as it is.
 */
export async function openRun(db: Queryable, request: RunRequest): Promise<string> {
  for (;;) {
    const opened = await db.query<{ id: string }>(OPEN_RUN, [
      request.job,
      request.kind,
      request.trigger,
      request.from ?? null,
      request.to ?? null,
      request.force ?? false,
      request.replayFilter ?? null,
      request.id ?? null,
    ]);
    if (opened.rows[0] !== undefined) return opened.rows[0].id;
    if (request.id !== undefined && (await isKnownRun(db, request.id))) return request.id;
    const active = await db.query<{ id: string; job: DatasetName }>(ACTIVE_RUN, [request.job, request.kind]);
    if (active.rows[0] !== undefined) throw new RunActiveError(active.rows[0].job, active.rows[0].id);
    // The active run closed between the two statements: try again.
  }
}

async function isKnownRun(db: Queryable, id: string): Promise<boolean> {
  const { rows } = await db.query("select from ledger.runs where id = $1", [id]);
  return rows.length > 0;
}

/** Records as skipped the run `id` that a schedule would have opened, had the job no active run. Records it once. */
export async function recordSkippedRun(
  db: Queryable,
  id: string,
  job: DatasetName,
  activeRunId: string,
): Promise<void> {
  await db.query(
    `insert into ledger.runs (id, job, kind, trigger, state, finished_at, error_code, error_message)
     values ($1, $2, 'files', 'schedule', 'skipped', clock_timestamp(), 'run_active', $3)
     on conflict (id) do nothing`,
    [id, job, `run ${activeRunId} was still active`],
  );
}
