import type { DatasetName } from "@lethe/contracts/datasets";
import type { DeadLetterStage } from "@lethe/contracts/dead-letters";
import { NotFoundError, RunActiveError, RunStateError } from "@lethe/contracts/errors";
import type { RejectCounts } from "@lethe/contracts/reject-reasons";
import { isActive, isThreshold, type RunKind, type RunState, type RunThresholdCode } from "@lethe/contracts/runs";
import { withSessionLock } from "../advisory-lock.js";
import { type Client, inTransaction, type Pool, type Queryable } from "../pool.js";
import { closeDoneLetters } from "./close-dead-letters.js";
import type { ExtractionRunClient } from "./extraction-fence.js";
import { announceRun } from "./run-events.js";
import { batchIsPending, runHasSucceeded, runIsActive } from "./states.js";

/**
 * Cancels an active run. What is loaded stays loaded, and output of it that is being made again is published. Pending batches are cancelled, and a later run may take the files that
 * are not complete. The caller enqueues the finish job, which publishes what was loaded and removes what was staged. Throws
 * NotFoundError, and RunStateError for a run that is not active.
 */
export async function cancelRun(pool: Pool, runId: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    const state = await lockRun(client, runId);
    if (!isActive(state)) throw new RunStateError(`run ${runId} is ${state} and cannot be cancelled`);
    await client.query("update ledger.runs set state = 'cancelled', finished_at = clock_timestamp() where id = $1", [
      runId,
    ]);
    await client.query(
      `update ledger.batches set state = 'cancelled' where run_id = $1 and ${batchIsPending()} and not republishing`,
      [runId],
    );
    await releaseIncompleteFiles(client, runId);
    await announceRun(client, runId);
  });
}

/**
 * Reopens a failed or cancelled run where it stopped: its failed and cancelled batches are pending again. With `only`, of the
 * failed batches just the one named is retried (`null`: none); cancelled batches always go on with their run. Throws
 * NotFoundError, RunActiveError while another run of the job is active, and RunStateError for a run in another state, when later
 * runs have taken up the run's work, and for a batch that has not failed.
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
    await refuseIfAllIsDone(client, runId);
    const isOvertaken = await isOvertakenInPart(client, runId);
    const { rows } = await client.query<{ kind: RunKind; extracted: boolean }>(
      `update ledger.runs
       set state = case when extracted_at is null then 'queued' else 'processing' end,
           finished_at = null, error_code = null, error_message = null, warnings = '[]', letter_closed_at = null,
           attempt = attempt + 1
       where id = $1
       returning kind, extracted_at is not null as extracted`,
      [runId],
    );
    // What later runs have taken up is theirs; what this one has begun to load is finished by nobody else.
    await client.query("update ledger.files set state = 'open' where run_id = $1 and state = 'released' and not $2", [
      runId,
      isOvertaken,
    ]);
    const { rows: waiting } = await client.query<{ id: string }>(
      `update ledger.batches
       set state = 'staged', restaging = false, damages = 0, error_code = null, error_message = null,
           letter_closed_at = null
       where run_id = $1 and (state = 'cancelled' or state = 'failed' and ($2 or id = $3))
         and (not $4 or exists (select from ledger.batch_segments s join ledger.files f on f.id = s.file_id
                                where s.batch_id = batches.id and f.state = 'open'))
       returning id`,
      [runId, only === undefined, only?.failedBatch ?? null, isOvertaken],
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

/** A run that failed by a threshold has done all its work: a retry would end as it did. */
async function refuseIfAllIsDone(client: Client, runId: string): Promise<void> {
  const { rows } = await client.query<{ code: string | null }>(
    "select error_code as code from ledger.runs where id = $1",
    [runId],
  );
  if (!isThreshold(rows[0]?.code ?? "")) return;
  throw new RunStateError(
    `run ${runId} has done its work and there is nothing to retry: it failed because of its records, which are in quarantine; ` +
      "have them delivered corrected, or replay them",
  );
}

/**
 * Reports whether later runs have taken up some of what a run has left. Throws RunActiveError while another run is active in its place, and
 * RunStateError where those later runs have left nothing for this one to do.
 */
async function isOvertakenInPart(client: Client, runId: string): Promise<boolean> {
  const { rows: active } = await client.query<{ job: DatasetName; id: string }>(
    `select other.job, other.id
     from ledger.runs mine join ledger.runs other using (kind)
     where mine.id = $1 and other.id <> $1 and (other.job = mine.job or kind = 'backfill') and ${runIsActive("other.state")}
     limit 1`,
    [runId],
  );
  if (active[0] !== undefined) throw new RunActiveError(active[0].job, active[0].id);
  const { rows } = await client.query<{ isOvertaken: boolean; hasBegunFiles: boolean }>(
    `select ${IS_OVERTAKEN} as "isOvertaken", ${HAS_BEGUN_FILES} as "hasBegunFiles" from ledger.runs r where id = $1`,
    [runId],
  );
  const { isOvertaken = false, hasBegunFiles = false } = rows[0] ?? {};
  if (isOvertaken && !hasBegunFiles) {
    throw new RunStateError(`run ${runId} cannot be retried: later runs have taken up what it left`);
  }
  return isOvertaken;
}

/**
 * Runs `work` while no other process extracts the run. A second delivery of the same job waits, and then finds the run
 * extracted. `lost` aborts when this process holds the lock no longer. When `signal` aborts, this stops waiting and throws the
 * signal's reason.
 */
export async function whileAloneExtracting<T>(
  pool: Pool,
  runId: string,
  signal: AbortSignal,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T> {
  return withSessionLock(pool, `lethe extract ${runId}`, (_client, lost) => work(lost), signal);
}

/** Records that a run is extracted and gets no more batches. Adds `extractMs` to its extraction time. */
export async function completeExtraction(client: ExtractionRunClient, runId: string, extractMs: number): Promise<void> {
  await client.query(
    `update ledger.runs
     set state = 'processing', extracted_at = clock_timestamp(), extract_ms = extract_ms + $2
     where id = $1 and state = 'extracting'`,
    [runId, Math.round(extractMs)],
  );
  await announceRun(client, runId);
}

/**
 * Starts the last stage of a run. Returns `finishing` when every batch has ended, `failed` or `cancelled` when only the
 * cleanup is left, and undefined when batches are pending or the run has succeeded already.
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

/** Reports whether every batch of a run is loaded, so that a retry needs nothing of what it staged. */
export async function isAllLoaded(db: Queryable, runId: string): Promise<boolean> {
  const { rows } = await db.query("select from ledger.batches where run_id = $1 and state <> 'loaded' limit 1", [
    runId,
  ]);
  return rows.length === 0;
}

/** SQL condition: later runs have taken up what the closed run `r` left undone, so it can no longer be retried. */
export const IS_OVERTAKEN = `
  (exists (select from ledger.files mine join ledger.files other using (dataset, delivery)
           where mine.run_id = r.id and mine.state = 'released' and other.id <> mine.id and other.state <> 'released')
   or r.kind <> 'files' and exists (select from ledger.runs later
                                    where later.job = r.job and later.kind = r.kind and ${runHasSucceeded("later.state")}
                                      and later.requested_at > r.requested_at))`;

/**
 * SQL condition: the extracted run `r` has files that it has begun to load, and that no other run can take. They are loaded to their end,
 * published and archived by a retry of this run alone.
 */
const HAS_BEGUN_FILES = `
  (r.kind = 'files' and r.extracted_at is not null
   and exists (select from ledger.files begun where begun.run_id = r.id and begun.state = 'open'))`;

/** Returns the failed and cancelled runs of a job that later runs have overtaken. What they staged is no longer needed. */
export async function overtakenRuns(db: Queryable, job: DatasetName): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from ledger.runs r
     where job = $1 and state in ('failed', 'cancelled') and ${IS_OVERTAKEN} and not ${HAS_BEGUN_FILES}`,
    [job],
  );
  return rows.map((row) => row.id);
}

/** How a run ended whose batches are all loaded, by what became of its records. */
export interface Verdict {
  readonly state: Extract<RunState, "succeeded" | "succeeded_with_warnings" | "failed">;
  /** Which thresholds it has reached: of a run that failed, the first one is its error. */
  readonly findings: readonly { readonly code: RunThresholdCode; readonly message: string }[];
}

/** What became of a run's records. */
export interface RunCounts {
  readonly runId: string;
  readonly records: number;
  readonly rejectedByReason: RejectCounts;
}

/** Says how a run ends by what became of its records. */
export type JudgeRun = (counts: RunCounts, run: { readonly job: DatasetName; readonly kind: RunKind }) => Verdict;

/**
 * Closes a run in its last stage and returns its state: failed when one of its batches failed, or else as `judge` finds. A run that
 * had failed or was cancelled stays so, and one that was retried meanwhile stays active. Releases the files that are not
 * complete, and closes the dead letters whose work is done with it. Adds `finishMs` to the run's finishing time. Call it in a transaction, together with whatever must be visible as
 * soon as the run is closed.
 */
export async function closeRun(client: Client, runId: string, finishMs: number, judge: JudgeRun): Promise<RunState> {
  const before = await lockRun(client, runId);
  // The run was retried during its cleanup. It has work again, and closes when that is done.
  if (isActive(before) && before !== "finishing") return before;
  await releaseIncompleteFiles(client, runId);
  const end = before === "finishing" ? await judgeFinished(client, runId, judge) : { ...NO_REMARK, state: before };
  const { rows } = await client.query<{ state: RunState; job: DatasetName }>(
    `update ledger.runs r
     set state = $3,
         finished_at = coalesce(r.finished_at, clock_timestamp()),
         finish_ms = finish_ms + $2,
         error_code = coalesce(r.error_code, $4),
         error_message = coalesce(r.error_message, $5),
         warnings = case when $3 = 'succeeded_with_warnings' then $6::jsonb else r.warnings end,
         -- It could not be finished, and now it is.
         letter_closed_at = case when r.state = 'failed' and r.failed_stage = 'finish'
                                 then coalesce(r.letter_closed_at, clock_timestamp()) else r.letter_closed_at end
     where r.id = $1
     returning r.state, r.job`,
    [runId, Math.round(finishMs), end.state, end.code, end.message, JSON.stringify(end.warnings)],
  );
  await announceRun(client, runId);
  if (rows[0] !== undefined) await closeDoneLetters(client, rows[0].job);
  const state = rows[0]?.state;
  if (state === undefined) throw new NotFoundError(`there is no run ${runId}`);
  return state;
}

interface RunEnd {
  readonly state: RunState;
  readonly code: string | null;
  readonly message: string | null;
  readonly warnings: Verdict["findings"];
}

const NO_REMARK = { code: null, message: null, warnings: [] };

/** Returns how a run ends that has finished its last stage. That a batch failed comes first: it can be retried. */
async function judgeFinished(client: Client, runId: string, judge: JudgeRun): Promise<RunEnd> {
  const { rows } = await client.query<{
    job: DatasetName;
    kind: RunKind;
    failed: number;
    records: number;
    rejectedByReason: RejectCounts;
  }>(
    `select r.job, r.kind, b.failed, b.records, coalesce(reasons.counts, '{}') as "rejectedByReason"
     from ledger.runs r
     cross join lateral (
       select count(*) filter (where state = 'failed') as failed, coalesce(sum(records_in), 0)::bigint as records
       from ledger.batches where run_id = r.id) as b
     cross join lateral (
       select jsonb_object_agg(reason, n) as counts
       from (select reason, sum(n::bigint) as n
             from ledger.batches, jsonb_each_text(rejected_by_reason) as each (reason, n)
             where run_id = r.id group by reason) as by_reason) as reasons
     where r.id = $1`,
    [runId],
  );
  const row = rows[0];
  if (row === undefined) throw new NotFoundError(`there is no run ${runId}`);
  if (row.failed > 0) {
    return { ...NO_REMARK, state: "failed", code: "batches_failed", message: `${row.failed} of its batches failed` };
  }
  const { state, findings } = judge({ ...row, runId }, row);
  const [first] = findings;
  if (state !== "failed") return { ...NO_REMARK, state, warnings: findings };
  return { ...NO_REMARK, state, code: first?.code ?? null, message: findings.map(({ message }) => message).join(" ") };
}

/** Closes an active run as failed in a stage. The message must hold no value of a record. */
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
           error_code = $3, error_message = $4, letter_closed_at = null
       where id = $1`,
      [runId, stage, code, message],
    );
    await client.query(
      `update ledger.batches set state = 'cancelled' where run_id = $1 and ${batchIsPending()} and not republishing`,
      [runId],
    );
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
