import type { JobResult } from "@lethe/contracts/jobs";
import type { Segment } from "@lethe/contracts/staged-batch";
import { NEWLINE_BYTES } from "@lethe/input-files/line-chunk";
import { enqueueBatch } from "@lethe/service-kit/enqueue";
import { inFencedTransaction } from "@lethe/warehouse/ledger/extraction-fence";
import { lastReplayedId, nextReplayable, type ReplayableRecord } from "@lethe/warehouse/ledger/quarantine";
import type { RunSpec } from "@lethe/warehouse/ledger/read-run-request";
import { pendingBatches, recordBatch } from "@lethe/warehouse/ledger/record-batches";
import type { ExtractionContext } from "./context.js";
import { stageBatch } from "./stage-batch.js";
import { waitForRoom } from "./wait-for-room.js";

/** Records in a batch of a replay: at half a KiB each about as many bytes as in one of files. */
const RECORDS_PER_BATCH = 10_000;

/**
 * Takes a replay's records from quarantine and enqueues them batch by batch, each before it reads the next. After an
 * interruption, continues after the last record that is in a batch.
 */
export async function extractReplay(
  context: ExtractionContext,
  runId: string,
  run: RunSpec,
): Promise<JobResult<"extract">> {
  const { pool, queues, staging } = context;
  const { maskedReasons, merge } = context.datasets.get(run.dataset);
  const recorded = await pendingBatches(pool, runId);
  for (const batchId of recorded) await enqueueBatch(queues, runId, batchId);
  let batches = recorded.length;
  let afterId = await lastReplayedId(pool, runId);
  for (;;) {
    context.signal.throwIfAborted();
    const selection = {
      dataset: run.dataset,
      filter: run.replayFilter,
      missingKeyArrived: merge.missingKeyArrived,
      maskedReasons,
    };
    const records = await nextReplayable(pool, selection, afterId, RECORDS_PER_BATCH);
    const last = records.at(-1);
    if (last === undefined) return { files: 0, batches };
    afterId = last.id;
    const lines = records.flatMap((record) => [payloadOf(record), NEWLINE_BYTES]);
    await waitForRoom(
      context,
      runId,
      lines.reduce((bytes, line) => bytes + line.length, 0),
    );
    const batch = await stageBatch(staging, runId, segmentsOf(records), lines);
    await inFencedTransaction(pool, context.fence, (client) => recordBatch(client, batch), context.signal);
    await enqueueBatch(queues, runId, batch.id);
    batches += 1;
  }
}

function payloadOf(record: ReplayableRecord): Buffer {
  return Buffer.from(record.payload, record.payloadEncoding);
}

function segmentsOf(records: readonly ReplayableRecord[]): Segment[] {
  const segments: (Segment & { lines: number[]; quarantineIds: number[] })[] = [];
  records.forEach((record, ordinal) => {
    let segment = segments.at(-1);
    if (segment?.fileId !== record.fileId) {
      segment = {
        fileId: record.fileId,
        partition: { date: record.date, hour: record.hour },
        encoding: "json",
        firstOrdinal: ordinal,
        lineCount: 0,
        firstLine: record.line,
        lines: [],
        quarantineIds: [],
      };
      segments.push(segment);
    }
    segment.lineCount += 1;
    segment.lines.push(record.line);
    segment.quarantineIds.push(record.id);
  });
  return segments;
}
