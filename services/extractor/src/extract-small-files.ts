import type { JobResult } from "@lethe/contracts/jobs";
import type { Segment } from "@lethe/contracts/staged-batch";
import { enqueueBatch } from "@lethe/service-kit/enqueue";
import { claimFiles } from "@lethe/warehouse/ledger/claim-files";
import { inFencedTransaction } from "@lethe/warehouse/ledger/extraction-fence";
import { addNotice } from "@lethe/warehouse/ledger/notices";
import type { RunSpec } from "@lethe/warehouse/ledger/read-run-request";
import { completeFiles, recordBatch } from "@lethe/warehouse/ledger/record-batches";
import type { ExtractionContext } from "./context.js";
import { setAsideUnclaimed } from "./set-aside.js";
import { stageBatch } from "./stage-batch.js";
import { type TakenFile, toFoundFile } from "./taken-file.js";

/**
 * Creates one batch of many small files. Claims, batch and completeness commit together, so after a crash each file is
 * either wholly in a batch or not taken at all.
 */
export async function extractSmallFiles(
  context: ExtractionContext,
  runId: string,
  run: RunSpec,
  files: readonly TakenFile[],
): Promise<JobResult<"extract">> {
  const { claims, batch } = await inFencedTransaction(
    context.pool,
    context.fence,
    async (client) => {
      const claims = await claimFiles(client, runId, run.dataset, files.map(toFoundFile), run.force);
      const { segments, lines, fileIds, empty } = assemble(files, claims);
      for (const path of empty) await addNotice(client, runId, "empty_file", path);
      const batch = segments.length === 0 ? undefined : await stageBatch(context.staging, runId, segments, lines);
      if (batch !== undefined) await recordBatch(client, batch);
      await completeFiles(client, fileIds);
      return { claims, batch };
    },
    context.signal,
  );
  await setAsideUnclaimed(context, runId, files, claims);
  if (batch !== undefined) await enqueueBatch(context.queues, runId, batch.id);
  return { files: claims.filter((claim) => claim.kind === "taken").length, batches: batch === undefined ? 0 : 1 };
}

function assemble(files: readonly TakenFile[], claims: Awaited<ReturnType<typeof claimFiles>>) {
  const segments: Segment[] = [];
  const lines: Buffer[] = [];
  const fileIds: number[] = [];
  const empty: string[] = [];
  let ordinal = 0;
  files.forEach((file, i) => {
    const claim = claims[i];
    if (claim?.kind !== "taken") return;
    fileIds.push(claim.fileId);
    const lineCount = file.lines?.reduce((count, chunk) => count + chunk.lines, 0) ?? 0;
    if (isBlank(file)) {
      empty.push(file.path);
      return;
    }
    segments.push(segmentOf(file, claim.fileId, ordinal, lineCount, 1));
    lines.push(...(file.lines ?? []).map((chunk) => chunk.bytes));
    ordinal += lineCount;
  });
  return { segments, lines, fileIds, empty };
}

function isBlank(file: TakenFile): boolean {
  return file.lines?.every((chunk) => chunk.bytes.every((byte) => byte <= 0x20)) ?? true;
}

/** Creates the segment of a batch for consecutive lines of a file. */
export function segmentOf(
  file: TakenFile,
  fileId: number,
  firstOrdinal: number,
  lineCount: number,
  firstLine: number,
): Segment {
  return {
    fileId,
    partition: { date: file.partition.date, hour: file.partition.hour },
    encoding: file.format.shape === "csv" ? "csv" : "json",
    firstOrdinal,
    lineCount,
    firstLine,
  };
}
