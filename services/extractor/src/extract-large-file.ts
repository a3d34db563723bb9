import { TransientError } from "@lethe/contracts/errors";
import { READ_BYTES, unpackedBytes } from "@lethe/input-files/file-source";
import { readLines } from "@lethe/input-files/read-lines";
import { firstBytes, unpackLimit, withinLimit } from "@lethe/input-files/unpack-limit";
import { enqueueBatch } from "@lethe/service-kit/enqueue";
import type { Claim } from "@lethe/warehouse/ledger/claim-files";
import { inFencedTransaction } from "@lethe/warehouse/ledger/extraction-fence";
import { completeFiles, nextLineOfFile, recordBatch } from "@lethe/warehouse/ledger/record-batches";
import type { ExtractionContext } from "./context.js";
import { segmentOf } from "./extract-small-files.js";
import { sliceLines } from "./slice-lines.js";
import { stageBatch } from "./stage-batch.js";
import type { TakenFile } from "./taken-file.js";
import { waitForRoom } from "./wait-for-room.js";

/**
 * Cuts a large file into batches, and enqueues each before it reads the next. After a crash, continues at the line
 * after the last recorded batch. Returns the number of batches.
 */
export async function extractLargeFile(
  context: ExtractionContext,
  runId: string,
  file: TakenFile,
  claim: Claim,
): Promise<number> {
  if (!("fileId" in claim) || (claim.kind === "resumed" && claim.complete)) return 0;
  const { fileId } = claim;
  const firstLine = claim.kind === "resumed" ? await nextLineOfFile(context.pool, fileId) : 1;
  const opened = await context.storage.open("claimed", file.sourceKey);
  if (opened === undefined) throw new TransientError(`${file.path} was removed while it was read`);
  let batches = 0;
  let nextLine = 1;
  let pending: Buffer[] = [];
  let pendingLines = 0;
  let pendingBytes = 0;
  const flush = async () => {
    if (pendingLines === 0) return;
    await waitForRoom(context, runId, pendingBytes);
    const segment = segmentOf(file, fileId, 0, pendingLines, nextLine - pendingLines);
    const batch = await stageBatch(context.staging, runId, [segment], pending);
    await inFencedTransaction(context.pool, context.fence, (client) => recordBatch(client, batch), context.signal);
    await enqueueBatch(context.queues, runId, batch.id);
    batches += 1;
    pending = [];
    pendingLines = 0;
    pendingBytes = 0;
  };
  try {
    // A piece becomes whole lines together: one that is longer than a batch would make a longer batch.
    const pieceBytes = Math.min(READ_BYTES, context.batchBytes);
    // What has come since the file was looked through is no part of it.
    const isOriginal = file.sourceKey === file.claimedKey;
    const stored = isOriginal ? firstBytes(opened.bytes(pieceBytes), file.bytes) : opened.bytes(pieceBytes);
    // How large a file became was checked when it was converted.
    const limit = unpackLimit(file.bytes, file.format.gzip && isOriginal, context.limits);
    const source = withinLimit(unpackedBytes(stored, file.format.gzip, pieceBytes), limit);
    for await (const chunk of readLines(source, file.format.shape, context.limits)) {
      context.signal.throwIfAborted();
      const skip = Math.min(Math.max(firstLine - nextLine, 0), chunk.lines);
      nextLine += chunk.lines;
      if (skip === chunk.lines) continue;
      const bytes = skip === 0 ? chunk.bytes : sliceLines(chunk.bytes, skip, chunk.lines);
      pending.push(bytes);
      pendingLines += chunk.lines - skip;
      pendingBytes += bytes.length;
      if (pendingBytes >= context.batchBytes) await flush();
    }
    await flush();
  } finally {
    await opened.close();
  }
  await inFencedTransaction(context.pool, context.fence, (client) => completeFiles(client, [fileId]));
  return batches;
}
