import type { DatasetName } from "@lethe/contracts/datasets";
import { RunActiveError } from "@lethe/contracts/errors";
import type { QuarantineFilter } from "@lethe/contracts/quarantine";
import type { RunKind, RunTrigger } from "@lethe/contracts/runs";
import type { Queryable } from "../pool.js";
import { runIsActive } from "./states.js";

export interface RunRequest {
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
  insert into ledger.runs (job, kind, trigger, state, range_from, range_to, force, replay_filter)
  values ($1, $2, $3, 'queued', $4, $5, $6, $7)
  on conflict do nothing
  returning id`;

/** Of backfills one is active at a time, of whatever job. */
const ACTIVE_RUN = `
  select id, job from ledger.runs
  where (job = $1 or $2 = 'backfill') and kind = $2 and ${runIsActive()}`;

/**
 * Opens a run in the ledger and returns its id. The caller enqueues the run; if it fails to, the reconciler does. Throws
 * RunActiveError, with the active run's id, when the job has an active run of this kind, or any job an active backfill.
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
    ]);
    if (opened.rows[0] !== undefined) return opened.rows[0].id;
    const active = await db.query<{ id: string; job: DatasetName }>(ACTIVE_RUN, [request.job, request.kind]);
    if (active.rows[0] !== undefined) throw new RunActiveError(active.rows[0].job, active.rows[0].id);
    // The active run closed between the two statements: try again.
  }
}

/** Records a skipped run, because a schedule fired while the job had an active run. Returns its id. */
export async function recordSkippedRun(db: Queryable, job: DatasetName, activeRunId: string): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    `insert into ledger.runs (job, kind, trigger, state, finished_at, error_code, error_message)
     values ($1, 'files', 'schedule', 'skipped', clock_timestamp(), 'run_active', $2)
     returning id`,
    [job, `run ${activeRunId} was still active`],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error("insert gave no row");
  return id;
}
