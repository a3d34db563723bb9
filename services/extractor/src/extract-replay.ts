import type { JobResult } from "@lethe/contracts/jobs";
import type { Segment } from "@lethe/contracts/staged-batch";
import { NEWLINE_BYTES } from "@lethe/input-files/line-chunk";
import { enqueueBatch } from "@lethe/service-kit/enqueue";
import { nextReplayable, type ReplayableRecord } from "@lethe/warehouse/ledger/quarantine";
import type { OpenedRun } from "@lethe/warehouse/ledger/read-run-request";
import { type NewBatch, openBatches, recordBatch } from "@lethe/warehouse/ledger/record-batches";
import { inTransaction } from "@lethe/warehouse/pool";
import type { ExtractorContext } from "./context.js";
import { stageBatch } from "./stage-batch.js";

/** Records in a batch of a replay: at half a KiB each about as many bytes as in one of files. */
const RECORDS_PER_BATCH = 10_000;

/**
 * Takes a replay's records from quarantine. All of its batches are recorded in one transaction: a replay that is
 * interrupted before takes the same records again, one that is interrupted later finds them taken.
 */
export async function extractReplay(
  context: ExtractorContext,
  runId: string,
  run: OpenedRun,
): Promise<JobResult<"extract">> {
  const recorded = await openBatches(context.pool, runId);
  const batchIds = recorded.length > 0 ? recorded : await stageReplay(context, runId, run);
  for (const batchId of batchIds) await enqueueBatch(context.queues, runId, batchId);
  return { files: 0, batches: batchIds.length };
}

async function stageReplay(context: ExtractorContext, runId: string, run: OpenedRun): Promise<string[]> {
  const { missingKeyArrived } = context.datasets[run.dataset].merge;
  const batches: NewBatch[] = [];
  let afterId = 0;
  for (;;) {
    const records = await nextReplayable(
      context.pool,
      run.dataset,
      run.replayFilter,
      missingKeyArrived,
      afterId,
      RECORDS_PER_BATCH,
    );
    const last = records.at(-1);
    if (last === undefined) break;
    afterId = last.id;
    const lines = records.flatMap((record) => [payloadOf(record), NEWLINE_BYTES]);
    batches.push(await stageBatch(context.staging, runId, segmentsOf(records), lines));
  }
  await inTransaction(context.pool, async (client) => {
    for (const batch of batches) await recordBatch(client, batch);
  });
  return batches.map((batch) => batch.id);
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
