import type { DatasetName } from "@lethe/contracts/datasets";
import type { JobResult } from "@lethe/contracts/jobs";
import type { Dataset } from "@lethe/datasets/dataset";
import { keptPathOf } from "@lethe/input-files/kept-path";
import { claimFiles, quarantineFile } from "@lethe/warehouse/ledger/claim-files";
import type { RunSpec } from "@lethe/warehouse/ledger/read-run-request";
import { addNotice } from "@lethe/warehouse/ledger/read-runs";
import { inTransaction } from "@lethe/warehouse/pool";
import type { ExtractorContext } from "./context.js";
import { extractLargeFile } from "./extract-large-file.js";
import { extractSmallFiles } from "./extract-small-files.js";
import { type InspectedFile, inspectFile } from "./inspect-file.js";
import { ledgerHash } from "./ledger-hash.js";
import { type LandedFile, scanLanding } from "./scan-landing.js";
import { moveToQuarantine, setAsideUnclaimed } from "./set-aside.js";
import { skipReason } from "./skip-reason.js";
import { waitForRoom } from "./wait-for-room.js";

/** Small files that make a batch, at most: while the services work on it, the next files are read. */
const FILES_PER_BATCH = 128;

/** Files that are looked through at once; each may hold up to a batch's bytes in memory while it waits. */
const LOOK_AHEAD = 16;

/** Entries of landing that were not taken and that a run names: a folder full of something else should not fill the ledger. */
const MOST_UNEXPECTED = 10_000;

/**
 * Takes a run's files from landing. Many small files become one batch, a large file becomes many. A file whose
 * content Lethe has already is set aside, and an unreadable file goes to quarantine as a whole; both are counted, and
 * neither stops the other files.
 */
export async function extractFiles(
  context: ExtractorContext,
  runId: string,
  run: RunSpec,
): Promise<JobResult<"extract">> {
  const { files, left, unexpected, otherUnexpected } = await scanLanding(context.storage, {
    dataset: run.dataset,
    datasets: context.datasets.names,
    range: run.range,
    maxFiles: context.limits.maxFilesPerRun,
    maxUnexpected: MOST_UNEXPECTED,
  });
  for (const { code, path, detail } of unexpected) await addNotice(context.pool, runId, code, path, detail);
  if (otherUnexpected > 0)
    await addNotice(context.pool, runId, "unexpected_entries_left", ".", `They are ${otherUnexpected}.`);
  if (left > 0) await addNotice(context.pool, runId, "files_left", ".", `They are ${left}; LETHE_MAX_FILES_PER_RUN.`);
  const totals = { files: 0, batches: 0 };
  let waiting: InspectedFile[] = [];
  let waitingBytes = 0;
  const takeWaiting = async () => {
    const small = waiting;
    if (small.length === 0) return;
    await waitForRoom(context, runId, waitingBytes);
    waiting = [];
    waitingBytes = 0;
    const taken = await extractSmallFiles(context, runId, run, small);
    totals.files += taken.files;
    totals.batches += taken.batches;
  };
  for (let i = 0; i < files.length; i += LOOK_AHEAD) {
    const inspected = await Promise.all(
      files.slice(i, i + LOOK_AHEAD).map((file) => inspect(context, runId, run.dataset, file)),
    );
    for (const file of inspected) {
      if (file === undefined) continue;
      if (file.unreadable !== undefined) {
        await quarantineWhole(context, runId, run, file, file.unreadable.message);
      } else if (file.lines === undefined) {
        const [claim] = await claimFiles(context.pool, runId, run.dataset, [file], run.force);
        if (claim === undefined) continue;
        await setAsideUnclaimed(context, runId, [file], [claim]);
        if (!("fileId" in claim)) continue;
        totals.files += 1;
        totals.batches += await extractLargeFile(context, runId, file, claim);
      } else {
        waiting.push(file);
        waitingBytes += file.lines.reduce((bytes, chunk) => bytes + chunk.bytes.length, 0);
        if (waitingBytes >= context.batchBytes || waiting.length >= FILES_PER_BATCH) await takeWaiting();
      }
    }
  }
  await takeWaiting();
  return totals;
}

/** Inspects a file. One that cannot even be opened stays in landing, is named in the run, and returns undefined. */
async function inspect(
  context: ExtractorContext,
  runId: string,
  dataset: DatasetName,
  file: LandedFile,
): Promise<InspectedFile | undefined> {
  try {
    const limits = { ...context.limits, columns: columnsOf(context.datasets.get(dataset)) };
    const inspected = await inspectFile(context.storage, file, context.batchBytes, limits, context.signal);
    return inspected && { ...inspected, sha256: await ledgerHash(context, dataset, inspected.sha256) };
  } catch (error) {
    const reason = skipReason(error);
    if (reason === undefined) throw error;
    await addNotice(context.pool, runId, reason, file.path);
    return undefined;
  }
}

/** Returns the names that columns of a dataset's CSV files have, in lower case. */
function columnsOf({ fields }: Dataset): ReadonlySet<string> {
  return new Set(Object.keys(fields).map((path) => (path.split(".")[0] ?? "").toLowerCase()));
}

// The ledger comes first: a file that was moved and then not recorded would be lost from sight.
async function quarantineWhole(
  context: ExtractorContext,
  runId: string,
  run: RunSpec,
  file: InspectedFile,
  message: string,
): Promise<void> {
  const { claim, keptPath } = await inTransaction(context.pool, async (client) => {
    const [claim] = await claimFiles(client, runId, run.dataset, [file], run.force);
    if (claim === undefined || !("fileId" in claim)) return { claim, keptPath: undefined };
    const keptPath = keptPathOf(run.dataset, claim.fileId, file.partition, file.format);
    await quarantineFile(client, { runId, dataset: run.dataset, fileId: claim.fileId, keptPath, message });
    await addNotice(client, runId, "file_unreadable", file.path, message);
    return { claim, keptPath };
  });
  if (claim === undefined) return;
  if (keptPath !== undefined) await moveToQuarantine(context, file, keptPath);
  else await setAsideUnclaimed(context, runId, [file], [claim]);
}
