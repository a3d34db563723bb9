import { StagedObjectError, TransientError } from "@lethe/contracts/errors";
import type { JobResult } from "@lethe/contracts/jobs";
import { partitionPath } from "@lethe/contracts/partition";
import type { Segment } from "@lethe/contracts/staged-batch";
import { unpackedBytes } from "@lethe/input-files/file-source";
import type { InputFormat } from "@lethe/input-files/input-format";
import { NEWLINE_BYTES } from "@lethe/input-files/line-chunk";
import { readLines } from "@lethe/input-files/read-lines";
import { enqueueBatch } from "@lethe/service-kit/enqueue";
import { inGroups } from "@lethe/storage/in-groups";
import {
  type ArchivedFile,
  decideRewrite,
  nextBackfillFiles,
  nextLineOfBackfill,
  recordBackfilled,
  replayedRecords,
} from "@lethe/warehouse/ledger/backfill-files";
import { type ExtractionClient, inFencedTransaction } from "@lethe/warehouse/ledger/extraction-fence";
import type { ReplayableRecord } from "@lethe/warehouse/ledger/quarantine";
import type { RunSpec } from "@lethe/warehouse/ledger/read-run-request";
import { pendingBatches, recordBatch } from "@lethe/warehouse/ledger/record-batches";
import type { ExtractionContext } from "./context.js";
import { giveWay } from "./give-way.js";
import { mustRewrite } from "./must-rewrite.js";
import { nameUnknownArchived } from "./name-unknown-archived.js";
import { noteNotTaken } from "./notes.js";
import { openArchived, type ReadArchived, readArchived } from "./read-archived.js";
import { retryQuarantined } from "./retry-quarantined.js";
import { sliceLines } from "./slice-lines.js";
import { stageBatch } from "./stage-batch.js";

/** Files that are looked through before they become batches; each may hold up to a batch's bytes in memory. */
const FILES_AT_ONCE = 32;

/**
 * Takes a backfill's files from the archive, where they stay: they are read, and nothing else. All lines of a file are staged, and the
 * load decides by quarantine which of them count. Those that a replay has loaded are staged as it took them. A file that is
 * absent or damaged is named in the run, and stops no other. One that stands in quarantine whole is tried once more. After an interruption, continues with what is not in a batch.
 */
export async function extractBackfill(
  context: ExtractionContext,
  runId: string,
  run: RunSpec,
): Promise<JobResult<"extract">> {
  const { pool, queues } = context;
  const recorded = await pendingBatches(pool, runId);
  for (const batchId of recorded) await enqueueBatch(queues, runId, batchId);
  await nameUnknownArchived(context, runId, run);
  const totals = { files: 0, batches: recorded.length };
  for (;;) {
    context.signal.throwIfAborted();
    const files = await nextBackfillFiles(pool, runId, FILES_AT_ONCE);
    if (files.length === 0) return totals;
    await decideRewrites(context, runId, run, files);
    let group = emptyGroup();
    const flush = async () => {
      if (group.fileIds.length === 0) return;
      totals.batches += await stage(context, runId, run, group);
      totals.files += group.fileIds.length;
      group = emptyGroup();
    };
    const replayed = await replayedRecords(
      pool,
      files.map(({ id }) => id),
    );
    for (const file of files) {
      if (file.isQuarantined) {
        await retryQuarantined(context, runId, run, file);
        continue;
      }
      const read = await readArchived(context, file, context.batchBytes);
      const own = replayed.filter(({ fileId }) => fileId === file.id);
      if ("problem" in read) {
        await leave(context, runId, read);
      } else if (read.lines === undefined) {
        await flush();
        totals.batches += await extractLarge(context, runId, run, file, read.format, own);
        totals.files += 1;
      } else {
        const lines = read.lines.map(({ bytes }) => bytes);
        const lineCount = read.lines.reduce((sum, chunk) => sum + chunk.lines, 0);
        if (file.lineCount > 0) addLines(group, file, read.format, lines, lineCount, 1);
        addReplayed(group, own);
        group.fileIds.push(file.id);
        if (group.bytes >= context.batchBytes) await flush();
      }
    }
    await flush();
  }
}

/** What becomes a batch. */
interface Group {
  readonly fileIds: number[];
  readonly segments: Segment[];
  readonly lines: Buffer[];
  ordinal: number;
  bytes: number;
}

function emptyGroup(): Group {
  return { fileIds: [], segments: [], lines: [], ordinal: 0, bytes: 0 };
}

function addLines(
  group: Group,
  { id, partition }: ArchivedFile,
  { shape }: InputFormat,
  lines: readonly Buffer[],
  lineCount: number,
  firstLine: number,
): void {
  group.segments.push({
    fileId: id,
    partition,
    encoding: shape === "csv" ? "csv" : "json",
    firstOrdinal: group.ordinal,
    lineCount,
    firstLine,
  });
  addBytes(group, lines, lineCount);
}

function addReplayed(group: Group, records: readonly ReplayableRecord[]): void {
  const [first] = records;
  if (first === undefined) return;
  group.segments.push({
    fileId: first.fileId,
    partition: { date: first.date, hour: first.hour },
    encoding: "json",
    firstOrdinal: group.ordinal,
    lineCount: records.length,
    firstLine: first.line,
    lines: records.map(({ line }) => line),
    quarantineIds: records.map(({ id }) => id),
  });
  const lines = records.flatMap(({ payload, payloadEncoding }) => [
    Buffer.from(payload, payloadEncoding),
    NEWLINE_BYTES,
  ]);
  addBytes(group, lines, records.length);
}

function addBytes(group: Group, lines: readonly Buffer[], lineCount: number): void {
  group.lines.push(...lines);
  group.ordinal += lineCount;
  group.bytes += lines.reduce((sum, { length }) => sum + length, 0);
}

/** Stages a group and records it, with the files that it completes, in one transaction. Returns the number of batches. */
async function stage(context: ExtractionContext, runId: string, run: RunSpec, group: Group): Promise<number> {
  const isEmpty = group.segments.length === 0;
  if (!isEmpty) await giveWay(context, runId, run.dataset, group.bytes);
  const batch = isEmpty ? undefined : await stageBatch(context.staging, runId, group.segments, group.lines);
  await inFencedTransaction(
    context.pool,
    context.fence,
    async (client: ExtractionClient) => {
      if (batch !== undefined) await recordBatch(client, batch);
      await recordBackfilled(client, runId, group.fileIds, "staged");
    },
    context.signal,
  );
  if (batch === undefined) return 0;
  await enqueueBatch(context.queues, runId, batch.id);
  return 1;
}

/** Cuts a large file into batches, and enqueues each before it reads the next. Returns their number. */
async function extractLarge(
  context: ExtractionContext,
  runId: string,
  run: RunSpec,
  file: ArchivedFile,
  format: InputFormat,
  replayed: readonly ReplayableRecord[],
): Promise<number> {
  const firstLine = await nextLineOfBackfill(context.pool, runId, file.id);
  const opened = await openArchived(context, file.keptPath);
  if (opened === undefined) throw new TransientError(`${file.keptPath} was removed from the archive while it was read`);
  let batches = 0;
  let nextLine = 1;
  let pending: Buffer[] = [];
  let lineCount = 0;
  let bytes = 0;
  const flush = async (isLast: boolean) => {
    const group = emptyGroup();
    if (lineCount > 0) addLines(group, file, format, pending, lineCount, nextLine - lineCount);
    if (isLast) {
      addReplayed(group, replayed);
      group.fileIds.push(file.id);
    }
    batches += await stage(context, runId, run, group);
    pending = [];
    lineCount = 0;
    bytes = 0;
  };
  try {
    for await (const chunk of readLines(unpackedBytes(opened.bytes(), format.gzip), format.shape, context.limits)) {
      context.signal.throwIfAborted();
      const skip = Math.min(Math.max(firstLine - nextLine, 0), chunk.lines);
      nextLine += chunk.lines;
      if (skip === chunk.lines) continue;
      const wanted = skip === 0 ? chunk.bytes : sliceLines(chunk.bytes, skip, chunk.lines);
      pending.push(wanted);
      lineCount += chunk.lines - skip;
      bytes += wanted.length;
      if (bytes >= context.batchBytes) await flush(false);
    }
    if (nextLine - 1 !== file.lineCount) {
      throw new StagedObjectError(`${file.keptPath} has changed in the archive while it was read`);
    }
    await flush(true);
  } finally {
    await opened.close();
  }
  return batches;
}

/** Names a file of which nothing can be taken. The archive and the ledger keep what they have of it. */
async function leave(
  context: ExtractionContext,
  runId: string,
  { file, problem }: Extract<ReadArchived, { problem: unknown }>,
): Promise<void> {
  await noteNotTaken(context, problem === "absent" ? "archive_file_absent" : "archive_file_damaged", file.keptPath);
  await inFencedTransaction(context.pool, context.fence, (client) =>
    recordBackfilled(client, runId, [file.id], problem),
  );
}

async function decideRewrites(
  context: ExtractionContext,
  runId: string,
  run: RunSpec,
  files: readonly ArchivedFile[],
): Promise<void> {
  const undecided = new Map(
    files.filter(({ rewrites }) => rewrites === null).map(({ partition }) => [partitionPath(partition), partition]),
  );
  if (undecided.size === 0) return;
  const decided = await inGroups([...undecided.values()], async (partition) => ({
    partition,
    rewrites: run.force || (await mustRewrite(context, run.dataset, partition)),
  }));
  await inFencedTransaction(context.pool, context.fence, async (client) => {
    for (const { partition, rewrites } of decided) await decideRewrite(client, runId, partition, rewrites);
  });
}
