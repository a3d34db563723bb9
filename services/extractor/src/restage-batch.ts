import { StagedObjectError } from "@lethe/contracts/errors";
import type { JobPayload, JobResult } from "@lethe/contracts/jobs";
import { isPending, type RunKind } from "@lethe/contracts/runs";
import type { Segment } from "@lethe/contracts/staged-batch";
import { unpackedBytes } from "@lethe/input-files/file-source";
import { formatOfName, inputFormatOf } from "@lethe/input-files/input-format";
import { NEWLINE_BYTES } from "@lethe/input-files/line-chunk";
import { readLines } from "@lethe/input-files/read-lines";
import { isKnownContent } from "@lethe/privacy/content-hash";
import { enqueueBatch, newRound } from "@lethe/service-kit/enqueue";
import { claimedKeyOf, convertedKeyOf } from "@lethe/storage/claimed-key";
import { readBatch } from "@lethe/warehouse/ledger/load-batch";
import { recordsToReplay } from "@lethe/warehouse/ledger/quarantine";
import { readOrigins, recordRestaged, type SegmentOrigin } from "@lethe/warehouse/ledger/restage-batch";
import type { ExtractorContext } from "./context.js";
import { hashStored } from "./hash-stored.js";
import { openArchived } from "./read-archived.js";
import { skipReason } from "./skip-reason.js";
import { sliceLines } from "./slice-lines.js";
import { stageBatch } from "./stage-batch.js";

/**
 * Does the job `restage`: creates again the lines of a batch that were lost or damaged in staging, from the raw file
 * or, for a replay, from quarantine, and enqueues the batch again. A batch that has ended is left alone. Throws
 * StagedObjectError if the raw file or the quarantined records no longer exist as they were.
 */
export async function restageBatch(
  context: ExtractorContext,
  { runId, batchId }: JobPayload<"restage">,
): Promise<JobResult<"restage">> {
  const { pool, staging } = context;
  const info = await readBatch(pool, batchId);
  if (!isPending(info.state)) return { lines: 0 };
  const origins = await readOrigins(pool, batchId);
  const made: MadeSegment[] = [];
  let lineCount = 0;
  for (const origin of origins.segments) {
    const segment =
      origin.quarantineIds === null
        ? await fromFile(context, batchId, origin, lineCount, info.kind)
        : await fromQuarantine(context, batchId, origin, lineCount, info.republishing || info.kind === "backfill");
    made.push(segment);
    lineCount += segment.segment.lineCount;
  }
  const lines = made.flatMap((segment) => segment.lines);
  const bytes = lines.reduce((sum, line) => sum + line.length, 0);
  if (info.kind === "files" && bytes !== origins.bytes) throw lost(batchId);
  const batch = await stageBatch(
    staging,
    runId,
    made.map(({ segment }) => segment),
    lines,
    batchId,
  );
  const isActive = await recordRestaged(pool, runId, batchId, { lines: bytes, staged: batch.stagedBytes });
  if (isActive) await enqueueBatch(context.queues, runId, batchId, newRound());
  return { lines: lineCount };
}

interface MadeSegment {
  readonly segment: Segment;
  readonly lines: readonly Buffer[];
}

async function fromFile(
  context: ExtractorContext,
  batchId: string,
  origin: SegmentOrigin,
  firstOrdinal: number,
  kind: RunKind,
): Promise<MadeSegment> {
  // What is archived may have had people masked in it since, and each record is on its line still.
  if (kind === "backfill") return fromArchive(context, batchId, origin, firstOrdinal);
  const format = formatOfName(origin.format) ?? inputFormatOf(origin.path);
  if (format === undefined) throw lost(batchId);
  const opened = await openClaimed(context, origin).catch((error: unknown) => {
    throw skipReason(error) === undefined ? error : lost(batchId);
  });
  if (opened === undefined) throw lost(batchId);
  const converted = await openConverted(context, origin);
  if (converted === undefined && origin.convertedFrom !== null) {
    await opened.close();
    throw lost(batchId);
  }
  const end = origin.firstLine + origin.lineCount;
  const lines: Buffer[] = [];
  try {
    const stored = hashStored(opened.bytes(), context.signal);
    const source = converted?.bytes() ?? stored.source;
    let line = 1;
    for await (const chunk of readLines(unpackedBytes(source, format.gzip), format.shape, context.limits)) {
      const from = Math.max(origin.firstLine - line, 0);
      const to = Math.min(end - line, chunk.lines);
      if (from < to) lines.push(sliceLines(chunk.bytes, from, to));
      line += chunk.lines;
      if (line >= end) break;
    }
    const { sha256 } = await stored.finish();
    if (!isKnownContent(context.ring, sha256, origin.sha256)) throw lost(batchId);
  } finally {
    await converted?.close();
    await opened.close();
  }
  const { fileId, partition, lineCount, firstLine } = origin;
  const encoding = format.shape === "csv" ? "csv" : "json";
  return { segment: { fileId, partition, encoding, firstOrdinal, lineCount, firstLine }, lines };
}

async function fromArchive(
  context: ExtractorContext,
  batchId: string,
  { fileId, path, format: name, partition, firstLine, lineCount }: SegmentOrigin,
  firstOrdinal: number,
): Promise<MadeSegment> {
  const format = formatOfName(name) ?? inputFormatOf(path);
  const opened = await openArchived(context, path);
  if (opened === undefined || format === undefined) throw lost(batchId);
  const lines: Buffer[] = [];
  let line = 1;
  try {
    for await (const chunk of readLines(unpackedBytes(opened.bytes(), format.gzip), format.shape, context.limits)) {
      context.signal.throwIfAborted();
      const from = Math.max(firstLine - line, 0);
      const to = Math.min(firstLine + lineCount - line, chunk.lines);
      if (from < to) lines.push(sliceLines(chunk.bytes, from, to));
      line += chunk.lines;
      if (line >= firstLine + lineCount) break;
    }
  } finally {
    await opened.close();
  }
  if (line < firstLine + lineCount) throw lost(batchId);
  const encoding = format.shape === "csv" ? "csv" : "json";
  return { segment: { fileId, partition, encoding, firstOrdinal, lineCount, firstLine }, lines };
}

/** Opens the file that a run claimed. One that went back when the run was closed lies in landing, if nobody took it since. */
async function openClaimed({ storage }: ExtractorContext, { fileRunId, path }: SegmentOrigin) {
  return (await storage.open("claimed", claimedKeyOf(fileRunId, path))) ?? storage.open("landing", path);
}

/** Opens what a file was converted to, beside it. */
async function openConverted({ storage }: ExtractorContext, { fileRunId, path, convertedFrom }: SegmentOrigin) {
  if (convertedFrom === null) return undefined;
  return storage.open("claimed", convertedKeyOf(claimedKeyOf(fileRunId, path)));
}

/**
 * Creates a replay's segment again from quarantine. Records that were resolved or erased in the meantime are left
 * out: they are no longer needed. Those that the batch has loaded are, when only its output is made again.
 */
async function fromQuarantine(
  context: ExtractorContext,
  batchId: string,
  origin: SegmentOrigin,
  firstOrdinal: number,
  isRepublishing: boolean,
): Promise<MadeSegment> {
  if (origin.quarantineIds === null) throw lost(batchId);
  const records = await recordsToReplay(context.pool, origin.quarantineIds, isRepublishing);
  return {
    segment: {
      fileId: origin.fileId,
      partition: origin.partition,
      encoding: "json",
      firstOrdinal,
      lineCount: records.length,
      firstLine: origin.firstLine,
      lines: records.map((record) => record.line),
      quarantineIds: records.map((record) => record.id),
    },
    lines: records.flatMap((record) => [Buffer.from(record.payload, record.payloadEncoding), NEWLINE_BYTES]),
  };
}

function lost(batchId: string): StagedObjectError {
  return new StagedObjectError(`what batch ${batchId} was made of is gone or has changed, so it cannot be made again`);
}
