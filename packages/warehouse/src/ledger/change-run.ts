import type { DatasetName } from "@lethe/contracts/datasets";
import type { DeadLetterStage } from "@lethe/contracts/dead-letters";
import { NotFoundError, RunStateError } from "@lethe/contracts/errors";
import { isActive, type RunKind, type RunState } from "@lethe/contracts/runs";
import { withSessionLock } from "../advisory-lock.js";
import { type Client, inTransaction, type Pool, type Queryable } from "../pool.js";
import { announceRun } from "./run-events.js";
import { batchIsPending, runIsActive } from "./states.js";

/**
 * Cancels an open run: batches that are not loaded yet stay out, and files that are not complete may be taken again
 * by a later run. What was loaded stays loaded; the finish job, which the caller enqueues, publishes it and tidies up.
 * Throws NotFoundError, or RunStateError for a run that is closed.
 */
export async function cancelRun(pool: Pool, runId: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    const state = await lockRun(client, runId);
    if (!isActive(state)) throw new RunStateError(`run ${runId} is ${state} and cannot be cancelled`);
    await client.query("update ledger.runs set state = 'cancelled', finished_at = clock_timestamp() where id = $1", [
      runId,
    ]);
    await client.query(`update ledger.batches set state = 'cancelled' where run_id = $1 and ${batchIsPending()}`, [
      runId,
    ]);
    await releaseIncompleteFiles(client, runId);
    await announceRun(client, runId);
  });
}

/**
 * Opens a failed or cancelled run again where it stopped: batches that failed or were cancelled wait once more. With
 * `only`, of those that failed just the one named does (`null`: none); those that were cancelled stopped with the run and
 * go on with it. Throws NotFoundError, or RunStateError for a run in another state, with another run of the job open, or
 * whose work later runs have taken up; also for a batch that has not failed.
 */
export async function reopenRun(
  pool: Pool,
  runId: string,
  only?: { readonly failedBatch: string | null },
): Promise<{ kind: RunKind; extracted: boolean }> {
  return inTransaction(pool, async (client) => {
    const state = await lockRun(client, runId);
    if (state !== "failed" && state !== "cancelled") {
      throw new RunStateError(`run ${runId} is ${state}; only a failed or cancelled run can be retried`);
    }
    await refuseIfTakenElsewhere(client, runId);
    const { rows } = await client.query<{ kind: RunKind; extracted: boolean }>(
      `update ledger.runs
       set state = case when extracted_at is null then 'queued' else 'processing' end,
           finished_at = null, error_code = null, error_message = null
       where id = $1
       returning kind, extracted_at is not null as extracted`,
      [runId],
    );
    await client.query("update ledger.files set state = 'open' where run_id = $1 and state = 'released'", [runId]);
    const { rows: waiting } = await client.query<{ id: string }>(
      `update ledger.batches
       set state = 'staged', restaging = false, damages = 0, error_code = null, error_message = null
       where run_id = $1 and (state = 'cancelled' or state = 'failed' and ($2 or id = $3))
       returning id`,
      [runId, only === undefined, only?.failedBatch ?? null],
    );
    const wanted = only?.failedBatch ?? undefined;
    if (wanted !== undefined && !waiting.some(({ id }) => id === wanted)) {
      throw new RunStateError(`batch ${wanted} has not failed`);
    }
    await announceRun(client, runId);
    const row = rows[0];
    if (row === undefined) throw new NotFoundError(`there is no run ${runId}`);
    return row;
  });
}

async function refuseIfTakenElsewhere(client: Client, runId: string): Promise<void> {
  const { rows } = await client.query<{ what: string }>(
    `select 'another run of the job is open' as what
     from ledger.runs mine join ledger.runs other using (job, kind)
     where mine.id = $1 and other.id <> $1 and ${runIsActive("other.state")}
     union all
     select 'later runs have taken up what it left' from ledger.runs r where id = $1 and ${IS_OVERTAKEN}
     limit 1`,
    [runId],
  );
  if (rows[0] !== undefined) throw new RunStateError(`run ${runId} cannot be retried: ${rows[0].what}`);
}

/** Marks a queued run as being extracted; returns false when the run is closed, so the job has nothing to do. */
export async function startExtraction(db: Queryable, runId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update ledger.runs set state = 'extracting', started_at = coalesce(started_at, clock_timestamp())
     where id = $1 and state in ('queued', 'extracting')`,
    [runId],
  );
  await announceRun(db, runId);
  return rowCount === 1;
}

/**
 * Runs `work` while no other process extracts the run. A second delivery of the same job waits, and then finds the run
 * extracted. When `signal` aborts, this stops waiting and throws the signal's reason.
 */
export async function whileAloneExtracting<T>(
  pool: Pool,
  runId: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  return withSessionLock(pool, `lethe extract ${runId}`, work, signal);
}

/** Marks a run's batches as complete: no more will come. `extractMs` is added to the run's extraction time. */
export async function completeExtraction(db: Queryable, runId: string, extractMs: number): Promise<void> {
  await db.query(
    `update ledger.runs
     set state = 'processing', extracted_at = clock_timestamp(), extract_ms = extract_ms + $2
     where id = $1 and state = 'extracting'`,
    [runId, Math.round(extractMs)],
  );
  await announceRun(db, runId);
}

/**
 * Takes a run into its last stage. Returns `finishing` when every batch has ended, `failed` or `cancelled` when only
 * tidying up is left, and undefined when it is too early or the run has succeeded already.
 */
export async function startFinish(
  db: Queryable,
  runId: string,
): Promise<"finishing" | "failed" | "cancelled" | undefined> {
  const { rows } = await db.query<{ state: RunState }>(
    `update ledger.runs r set state = case when state in ('failed', 'cancelled') then state else 'finishing' end
     where id = $1
       and (state in ('failed', 'cancelled')
            or state in ('processing', 'finishing')
               and not exists (select from ledger.batches b where b.run_id = r.id and ${batchIsPending("b.state")}))
     returning state`,
    [runId],
  );
  await announceRun(db, runId);
  const state = rows[0]?.state;
  return state === "finishing" || state === "failed" || state === "cancelled" ? state : undefined;
}

/** Reports whether each of a run's batches was loaded, so that nothing which it staged is needed for a retry. */
export async function isAllLoaded(db: Queryable, runId: string): Promise<boolean> {
  const { rows } = await db.query("select from ledger.batches where run_id = $1 and state <> 'loaded' limit 1", [
    runId,
  ]);
  return rows.length === 0;
}

/** Whether later runs have taken up what the closed run `r` left: then it can never be retried. */
export const IS_OVERTAKEN = `
  (exists (select from ledger.files mine join ledger.files other using (dataset, sha256)
           where mine.run_id = r.id and mine.state = 'released' and other.id <> mine.id and other.state <> 'released')
   or r.kind = 'replay' and exists (select from ledger.runs later
                                    where later.job = r.job and later.kind = r.kind and later.state = 'succeeded'
                                      and later.requested_at > r.requested_at))`;

/** Returns the overtaken runs of a job that failed or were cancelled: what they staged is of no use any more. */
export async function overtakenRuns(db: Queryable, job: DatasetName): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from ledger.runs r
     where job = $1 and state in ('failed', 'cancelled') and ${IS_OVERTAKEN}`,
    [job],
  );
  return rows.map((row) => row.id);
}

/**
 * Closes a run in its last stage: failed when one of its batches failed, else succeeded; one that had failed or was
 * cancelled stays so, and one that was retried meanwhile goes on. Files that are not complete may be taken again. `finishMs` is added to the run's finishing time.
 * Belongs into a transaction, together with what must be there once others see the run closed.
 */
export async function closeRun(client: Client, runId: string, finishMs: number): Promise<RunState> {
  const before = await lockRun(client, runId);
  // Somebody retried it while it was tidied up: it has work again, and closes when that is done.
  if (isActive(before) && before !== "finishing") return before;
  await releaseIncompleteFiles(client, runId);
  const { rows } = await client.query<{ state: RunState }>(
    `update ledger.runs r
     set state = case when r.state in ('failed', 'cancelled') then r.state when failed.n > 0 then 'failed' else 'succeeded' end,
         finished_at = coalesce(r.finished_at, clock_timestamp()),
         finish_ms = finish_ms + $2,
         error_code = coalesce(r.error_code, case when failed.n > 0 then 'batches_failed' end),
         error_message = coalesce(r.error_message, case when failed.n > 0 then failed.n || ' of its batches failed' end)
     from (select count(*) as n from ledger.batches where run_id = $1 and state = 'failed') as failed
     where r.id = $1
     returning r.state`,
    [runId, Math.round(finishMs)],
  );
  await announceRun(client, runId);
  const state = rows[0]?.state;
  if (state === undefined) throw new NotFoundError(`there is no run ${runId}`);
  return state;
}

/** Closes a run that could not be extracted or finished, with the error's code; its message holds no record's value. */
export async function failRun(
  pool: Pool,
  runId: string,
  stage: Extract<DeadLetterStage, "extract" | "finish">,
  code: string,
  message: string,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    if (!isActive(await lockRun(client, runId))) return;
    await client.query(
      `update ledger.runs
       set state = 'failed', finished_at = clock_timestamp(), failed_at = clock_timestamp(), failed_stage = $2,
           error_code = $3, error_message = $4
       where id = $1`,
      [runId, stage, code, message],
    );
    await client.query(`update ledger.batches set state = 'cancelled' where run_id = $1 and ${batchIsPending()}`, [
      runId,
    ]);
    await releaseIncompleteFiles(client, runId);
    await announceRun(client, runId);
  });
}

async function lockRun(client: Client, runId: string): Promise<RunState> {
  const { rows } = await client.query<{ state: RunState }>("select state from ledger.runs where id = $1 for update", [
    runId,
  ]);
  if (rows[0] === undefined) throw new NotFoundError(`there is no run ${runId}`);
  return rows[0].state;
}

async function releaseIncompleteFiles(client: Client, runId: string): Promise<void> {
  await client.query(
    `update ledger.files set state = 'released'
     where run_id = $1 and state = 'open' and batches_loaded is distinct from batches_total`,
    [runId],
  );
}
