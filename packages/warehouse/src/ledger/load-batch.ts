import type { DatasetName } from "@lethe/contracts/datasets";
import type { DeadLetterStage } from "@lethe/contracts/dead-letters";
import { NotFoundError } from "@lethe/contracts/errors";
import type { RejectCounts } from "@lethe/contracts/reject-reasons";
import { type BatchState, isPending, type LoadingKind, type RunKind, type RunState } from "@lethe/contracts/runs";
import type { Lacking } from "@lethe/contracts/staged-batch";
import { tryLockInTransaction } from "../advisory-lock.js";
import type { Client, Queryable } from "../pool.js";
import { announceRun } from "./run-events.js";
import { batchIsPending } from "./states.js";

export interface BatchInfo {
  readonly dataset: DatasetName;
  readonly kind: RunKind;
  readonly state: BatchState;
  readonly runState: RunState;
  /** Whether its lines are being staged again. Until then it cannot be loaded. */
  readonly restaging: boolean;
  /** Whether its rows are loaded and only its output for `processed_data/` is made again. */
  readonly republishing: boolean;
  /** The attempt to load it whose output counts; null before that. */
  readonly output: string | null;
}

/** Returns what a service needs to know about a batch before it works on it. Throws NotFoundError. */
export async function readBatch(db: Queryable, batchId: string): Promise<BatchInfo> {
  const { rows } = await db.query<BatchInfo>(
    `select r.job as dataset, r.kind, b.state, r.state as "runState", b.restaging,
            b.republishing, b.output
     from ledger.batches b join ledger.runs r on r.id = b.run_id where b.id = $1`,
    [batchId],
  );
  if (rows[0] === undefined) throw new NotFoundError(`there is no batch ${batchId}`);
  return rows[0];
}

/**
 * Marks a pending batch as transformed, adds `transformMs` to its time and records the size of everything staged for it.
 * Returns false, and changes nothing, when the batch has ended.
 */
export async function markTransformed(
  db: Queryable,
  batchId: string,
  transformMs: number,
  stagedBytes: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update ledger.batches
     set state = 'transformed', restaging = false, transform_ms = transform_ms + $2, staged_bytes = $3,
         transformed_at = clock_timestamp()
     where id = $1 and ${batchIsPending()}`,
    [batchId, Math.round(transformMs), stagedBytes],
  );
  return rowCount === 1;
}

/**
 * Locks a batch of a run until the transaction ends; waits for another delivery that works on it. Returns false when the batch
 * has ended or its run was cancelled.
 */
export async function lockBatch(client: Client, batchId: string): Promise<boolean> {
  const { rows } = await client.query<{ runId: string }>('select run_id as "runId" from ledger.batches where id = $1', [
    batchId,
  ]);
  if (rows[0] !== undefined) await lockRun(client, rows[0].runId);
  return lockBatchAlone(client, batchId);
}

/**
 * Locks a run, shared with other loads, so that a cancellation waits for active loads and no load begins after it.
 * The key-share lock does not block updates that leave the key alone, such as recording the end of the extraction: while
 * loads follow each other without a gap, such an update would otherwise wait until the run's end.
 */
async function lockRun(client: Client, runId: string): Promise<void> {
  await client.query("select from ledger.runs where id = $1 for key share", [runId]);
}

/** Locks a batch until the transaction ends, without its run. Returns false when the batch has ended. */
export async function lockBatchAlone(client: Client, batchId: string): Promise<boolean> {
  const { rows } = await client.query<{ state: BatchState }>(
    "select state from ledger.batches where id = $1 for update",
    [batchId],
  );
  const state = rows[0]?.state;
  if (state === undefined) throw new NotFoundError(`there is no batch ${batchId}`);
  return isPending(state);
}

/**
 * Returns the batch that a run loads next, once it is transformed. Undefined while it is not, and when no batch is pending: the
 * batches of a run are loaded in the order of their numbers, so that of records with one id the first of the input is taken,
 * whatever is transformed first and however many loaders there are.
 */
export async function nextToLoad(db: Queryable, runId: string): Promise<string | undefined> {
  return (await readNext(db, runId, 1))[0];
}

/** Batches of a run that loads may have claimed at a time, however many loaders there are. The ledger may hold many thousands. */
const MOST_CLAIMED = 500;

/**
 * Claims batches of a run for loading until the transaction ends, and returns them: the first of those that can be loaded next and
 * that nobody else has claimed, up to `most`. It does not wait, and may return none. Whoever has claimed some asks for
 * `nextToLoad` when its transaction has ended: others may have found nothing to claim meanwhile.
 */
export async function claimNextToLoad(client: Client, runId: string, most: number): Promise<string[]> {
  await lockRun(client, runId);
  const claimed: string[] = [];
  for (const batchId of await readNext(client, runId, MOST_CLAIMED + most)) {
    if (claimed.length === most) break;
    if (await tryLockInTransaction(client, claimOf(batchId))) claimed.push(batchId);
    // What is claimed must follow each other.
    else if (claimed.length > 0) break;
  }
  if (claimed.length === 0) return [];
  // One may have been loaded, or found damaged, before it was claimed.
  const { rows } = await client.query<{ id: string; isReady: boolean }>(
    `select id, ${IS_READY} as "isReady" from ledger.batches
     where id = any ($1) and ${batchIsPending()} and not republishing order by number for update`,
    [claimed],
  );
  return ready(rows);
}

/**
 * Waits until the turn of these claimed batches has come, which is when every batch of their run that stands before them has
 * ended. Returns false when it does not come, because one of those could not be loaded: then they must be left.
 */
export async function awaitTurn(client: Client, runId: string, batchIds: readonly string[]): Promise<boolean> {
  // Shared: several may wait for the same one.
  for (const { id } of await readBefore(client, runId, batchIds)) {
    await client.query("select pg_advisory_xact_lock_shared(hashtextextended($1, 0))", [claimOf(id)]);
  }
  return (await readBefore(client, runId, batchIds)).length === 0;
}

/** Returns the batches of a run whose rows and rejects are staged, in their order, also those behind one that is not. */
export async function readyToLoad(db: Queryable, runId: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from ledger.batches where run_id = $1 and ${IS_READY} and not republishing order by number`,
    [runId],
  );
  return rows.map(({ id }) => id);
}

/**
 * Records that batches are to be transformed again before they can be loaded, and returns those that it concerns. One that somebody is
 * loading, or has sent back already, is left alone.
 */
export async function sendBack(db: Queryable, batchIds: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `update ledger.batches set state = 'staged'
     where id in (select id from ledger.batches where id = any ($1) and ${IS_READY} and not republishing
                  for update skip locked)
     returning id`,
    [batchIds],
  );
  return rows.map(({ id }) => id);
}

function claimOf(batchId: string): string {
  return `lethe load ${batchId}`;
}

/** Returns the pending batches of a run that stand before all of these, in their order. */
async function readBefore(db: Queryable, runId: string, batchIds: readonly string[]): Promise<{ id: string }[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from ledger.batches
     where run_id = $1 and ${batchIsPending()} and not republishing
       and number < (select min(number) from ledger.batches where id = any ($2))
     order by number`,
    [runId, batchIds],
  );
  return rows;
}

/** SQL condition: a batch's rows and rejects are staged. */
const IS_READY = "(state = 'transformed' and not restaging)";

/** Returns the first pending batches of a run up to one that is not ready. */
async function readNext(db: Queryable, runId: string, most: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string; isReady: boolean }>(
    `select id, ${IS_READY} as "isReady" from ledger.batches
     where run_id = $1 and ${batchIsPending()} and not republishing order by number limit $2`,
    [runId, most],
  );
  return ready(rows);
}

/** Returns the ids of the first batches up to one that is not ready. */
function ready(batches: readonly { readonly id: string; readonly isReady: boolean }[]): string[] {
  const end = batches.findIndex(({ isReady }) => !isReady);
  return batches.slice(0, end === -1 ? batches.length : end).map(({ id }) => id);
}

export interface SegmentOutcome {
  readonly fileId: number;
  readonly records: number;
  readonly rejected: number;
  /** Records that a backfill found to be there already. */
  readonly there?: number;
  /** Records of suppressed people. */
  readonly masked: number;
  /** The offset of its loaded records in the batch's staged output, in bytes. */
  readonly publishedOffset: number;
  readonly publishedBytes: number;
  /** By declared field: how many of its records lack it. */
  readonly lacking: Lacking;
}

export interface BatchOutcome {
  readonly runId: string;
  readonly kind: LoadingKind;
  /** The attempt that has staged the output for `processed_data/`. */
  readonly output: string;
  readonly segments: readonly SegmentOutcome[];
  readonly rejectedByReason: RejectCounts;
  readonly loadMs: number;
}

/**
 * Records that a batch is loaded, with the counts of the batch and of its files. Call it at the end of the transaction that
 * inserts the rows, since other batches of the same files wait for the files' rows from here on.
 */
export async function recordLoaded(client: Client, batchId: string, outcome: BatchOutcome): Promise<void> {
  const records = sum(outcome.segments.map((segment) => segment.records));
  const rejected = sum(outcome.segments.map((segment) => segment.rejected));
  const there = sum(outcome.segments.map((segment) => segment.there ?? 0));
  await client.query(
    `update ledger.batch_segments s
     set published_offset = o.published_offset, published_bytes = o.published_bytes, lacking = o.lacking
     from unnest($2::bigint[], $3::bigint[], $4::jsonb[]) with ordinality
            as o (published_offset, published_bytes, lacking, position)
     where s.batch_id = $1 and s.position = o.position - 1`,
    [
      batchId,
      outcome.segments.map((segment) => segment.publishedOffset),
      outcome.segments.map((segment) => segment.publishedBytes),
      outcome.segments.map((segment) => JSON.stringify(segment.lacking)),
    ],
  );
  await client.query(
    `update ledger.batches
     set state = 'loaded', loaded_at = clock_timestamp(), records_in = $2, records_loaded = $3, records_rejected = $4,
         rejected_by_reason = $5, load_ms = load_ms + $6, output = $7, error_code = null, error_message = null
     where id = $1`,
    [
      ...[batchId, records, records - rejected - there, rejected, outcome.rejectedByReason],
      ...[Math.round(outcome.loadMs), outcome.output],
    ],
  );
  await client.query(COUNTS[outcome.kind], [
    outcome.segments.map((segment) => segment.fileId),
    outcome.segments.map((segment) => segment.records),
    outcome.segments.map((segment) => segment.rejected),
    outcome.segments.map((segment) => segment.masked),
  ]);
  await announceRun(client, outcome.runId);
}

/** What a plan has found out about a batch. */
export interface PlannedBatch {
  readonly loaded: number;
  readonly rejected: number;
  readonly rejectedByReason: RejectCounts;
}

/**
 * Records what would become of a plan's batch. Its shares of files are deleted, so that nobody takes it for one that has loaded
 * records of them.
 */
export async function recordPlanned(
  client: Client,
  { runId, batchId }: { readonly runId: string; readonly batchId: string },
  { loaded, rejected, rejectedByReason }: PlannedBatch,
): Promise<void> {
  await client.query("delete from ledger.batch_segments where batch_id = $1", [batchId]);
  await client.query(
    `update ledger.batches
     set state = 'loaded', loaded_at = clock_timestamp(), records_in = $2, records_loaded = $3, records_rejected = $4,
         rejected_by_reason = $5, error_code = null, error_message = null
     where id = $1`,
    [batchId, loaded + rejected, loaded, rejected, rejectedByReason],
  );
  await announceRun(client, runId);
}

/**
 * Locks files in the order of their ids, before the first of their counts changes. Without it, transactions that load several
 * batches could update the files in different orders, and deadlock.
 */
export async function lockFiles(client: Client, fileIds: readonly number[]): Promise<void> {
  await client.query("select from ledger.files where id = any ($1) order by id for no key update", [fileIds]);
}

// Files are locked in the order of their ids, so that two batches with files in common cannot deadlock.
const BY_FILE = `
  with outcome as materialized (
    select file_id, sum(records) as records, sum(rejected) as rejected, sum(masked) > 0 as holds_suppressed
    from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) as s (file_id, records, rejected, masked)
    group by file_id
  ), locked as materialized (
    select id from ledger.files where id in (select file_id from outcome) order by id for no key update
  )`;

const COUNT_LOADED = `${BY_FILE}
  update ledger.files f
  set batches_loaded = batches_loaded + 1,
      records_in = records_in + o.records,
      records_loaded = records_loaded + o.records - o.rejected,
      records_rejected = records_rejected + o.rejected,
      holds_suppressed = f.holds_suppressed or o.holds_suppressed
  from outcome o join locked on locked.id = o.file_id
  where f.id = o.file_id`;

// A replayed record was counted as rejected when its file was loaded; one that is accepted now counts as loaded.
const COUNT_REPLAYED = `${BY_FILE}
  update ledger.files f
  set records_loaded = records_loaded + o.records - o.rejected,
      records_rejected = records_rejected - (o.records - o.rejected),
      holds_suppressed = f.holds_suppressed or o.holds_suppressed
  from outcome o join locked on locked.id = o.file_id
  where f.id = o.file_id`;

// What a backfill takes had been loaded. One that is rejected now stands in quarantine instead; all others count as before.
const COUNT_BACKFILLED = `${BY_FILE}
  update ledger.files f
  set records_loaded = records_loaded - o.rejected,
      records_rejected = records_rejected + o.rejected,
      holds_suppressed = f.holds_suppressed or o.holds_suppressed
  from outcome o join locked on locked.id = o.file_id
  where f.id = o.file_id and (o.rejected > 0 or o.holds_suppressed)`;

const COUNTS = { files: COUNT_LOADED, replay: COUNT_REPLAYED, backfill: COUNT_BACKFILLED } as const;

/** Marks a pending batch as failed in a stage for good. The error's message must hold no value of a record. */
export async function markFailed(
  db: Queryable,
  { runId, batchId }: { readonly runId: string; readonly batchId: string },
  stage: Exclude<DeadLetterStage, "finish">,
  { code, message }: { readonly code: string; readonly message: string },
): Promise<void> {
  await db.query(
    `update ledger.batches set state = 'failed', failed_at = clock_timestamp(), failed_stage = $2, error_code = $3,
         error_message = $4
     where id = $1 and ${batchIsPending()}`,
    [batchId, stage, code, message],
  );
  await announceRun(db, runId);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
