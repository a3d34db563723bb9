import type { LoadingKind } from "@lethe/contracts/runs";
import type { Client, Queryable } from "../pool.js";
import { announceRun } from "./run-events.js";
import { batchIsPending } from "./states.js";

/** The place of a record: a line of a file. */
export interface RecordPlace {
  readonly fileId: number;
  readonly line: number;
}

/**
 * Records that the output of a loaded batch for `processed_data/` was lost before it was published. Its lines must be staged
 * and transformed again; its rows stay. Returns false when the batch is not loaded.
 */
export async function noteLostOutput(db: Queryable, batchId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update ledger.batches set state = 'staged', restaging = true, republishing = true, damages = damages + 1
     where id = $1 and state = 'loaded'`,
    [batchId],
  );
  return rowCount === 1;
}

/** Counts the batches of a run whose output is being made again. */
export async function countRepublishing(db: Queryable, runId: string): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `select count(*) as n from ledger.batches where run_id = $1 and republishing and ${batchIsPending()}`,
    [runId],
  );
  return rows[0]?.n ?? 0;
}

/**
 * Returns the places of the records that a loaded batch has rejected: those that it quarantined or, in a replay, those of
 * the quarantined records that it has not resolved.
 */
export async function rejectedPlaces(
  db: Queryable,
  batchId: string,
  kind: Exclude<LoadingKind, "backfill">,
  quarantineIds: readonly number[],
): Promise<RecordPlace[]> {
  const { rows } = await db.query<RecordPlace>(
    kind === "files"
      ? `select file_id as "fileId", line from ledger.quarantine where batch_id = $1 and line is not null`
      : `select file_id as "fileId", line from ledger.quarantine where id = any ($1) and status <> 'replayed'`,
    [kind === "files" ? batchId : quarantineIds],
  );
  return rows;
}

/** Records that a batch's output is staged again, segment by segment, by the attempt `output`. Segments that were published before stay published. */
export async function recordRepublished(
  client: Client,
  runId: string,
  batchId: string,
  output: string,
  parts: readonly { readonly offset: number; readonly bytes: number }[],
): Promise<void> {
  await client.query(
    `update ledger.batch_segments s
     set published_offset = o.published_offset, published_bytes = o.published_bytes
     from unnest($2::bigint[], $3::bigint[]) with ordinality as o (published_offset, published_bytes, position)
     where s.batch_id = $1 and s.position = o.position - 1 and s.published_bytes > 0`,
    [batchId, parts.map(({ offset }) => offset), parts.map(({ bytes }) => bytes)],
  );
  await client.query(
    "update ledger.batches set state = 'loaded', restaging = false, republishing = false, output = $2 where id = $1",
    [batchId, output],
  );
  await announceRun(client, runId);
}
