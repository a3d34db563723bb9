import type { DatasetName } from "@lethe/contracts/datasets";
import type { DeadLetterStage } from "@lethe/contracts/dead-letters";
import { NotFoundError } from "@lethe/contracts/errors";
import type { RejectCounts } from "@lethe/contracts/reject-reasons";
import { type BatchState, isPending, type RunKind, type RunState } from "@lethe/contracts/runs";
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
}

/** Returns what a service needs to know about a batch before it works on it. Throws NotFoundError. */
export async function readBatch(db: Queryable, batchId: string): Promise<BatchInfo> {
  const { rows } = await db.query<BatchInfo>(
    `select r.job as dataset, r.kind, b.state, r.state as "runState", b.restaging,
            b.republishing
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
     set state = 'transformed', restaging = false, transform_ms = transform_ms + $2, staged_bytes = $3
     where id = $1 and ${batchIsPending()}`,
    [batchId, Math.round(transformMs), stagedBytes],
  );
  return rowCount === 1;
}

/**
 * Locks a batch for loading until the transaction ends; waits for another delivery that is loading it. Returns false when
 * there is nothing to load, because the batch has been loaded or its run cancelled.
 */
export async function lockBatch(client: Client, batchId: string): Promise<boolean> {
  await lockRun(client, batchId);
  return lockBatchAlone(client, batchId);
}

/**
 * Locks a batch's run, shared with other loads, so that a cancellation waits for active loads and no load begins after it.
 * The key-share lock does not block updates that leave the key alone, such as recording the end of the extraction: while
 * loads follow each other without a gap, such an update would otherwise wait until the run's end.
 */
async function lockRun(client: Client, batchId: string): Promise<void> {
  await client.query(
    "select from ledger.runs where id = (select run_id from ledger.batches where id = $1) for key share",
    [batchId],
  );
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
 * Locks pending batches of a run for loading until the transaction ends: the given one and up to `most - 1` transformed ones,
 * in their order. Skips batches that another process has locked. Returns the ids of the locked batches, which may be none.
 */
export async function lockWaitingBatches(
  client: Client,
  runId: string,
  batchId: string,
  most: number,
): Promise<string[]> {
  await lockRun(client, batchId);
  const { rows } = await client.query<{ id: string }>(
    `select id from ledger.batches
     where run_id = $1 and not republishing
       and (state = 'transformed' and not restaging or id = $2 and state = 'staged')
     order by id <> $2, number
     limit $3 for update skip locked`,
    [runId, batchId, most],
  );
  return rows.map(({ id }) => id);
}

export interface SegmentOutcome {
  readonly fileId: number;
  readonly records: number;
  readonly rejected: number;
  /** Records of suppressed people. */
  readonly masked: number;
  /** The offset of its loaded records in the batch's staged output, in bytes. */
  readonly publishedOffset: number;
  readonly publishedBytes: number;
}

export interface BatchOutcome {
  readonly runId: string;
  readonly kind: RunKind;
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
  await client.query(
    `update ledger.batch_segments s
     set published_offset = o.published_offset, published_bytes = o.published_bytes
     from unnest($2::bigint[], $3::bigint[]) with ordinality as o (published_offset, published_bytes, position)
     where s.batch_id = $1 and s.position = o.position - 1`,
    [
      batchId,
      outcome.segments.map((segment) => segment.publishedOffset),
      outcome.segments.map((segment) => segment.publishedBytes),
    ],
  );
  await client.query(
    `update ledger.batches
     set state = 'loaded', loaded_at = clock_timestamp(), records_in = $2, records_loaded = $3, records_rejected = $4,
         rejected_by_reason = $5, load_ms = load_ms + $6, error_code = null, error_message = null
     where id = $1`,
    [batchId, records, records - rejected, rejected, outcome.rejectedByReason, Math.round(outcome.loadMs)],
  );
  await client.query(outcome.kind === "files" ? COUNT_LOADED : COUNT_REPLAYED, [
    outcome.segments.map((segment) => segment.fileId),
    outcome.segments.map((segment) => segment.records),
    outcome.segments.map((segment) => segment.rejected),
    outcome.segments.map((segment) => segment.masked),
  ]);
  await announceRun(client, outcome.runId);
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
