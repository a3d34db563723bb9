import type { DatasetName } from "@lethe/contracts/datasets";
import { type UnreadableFileError, UnsupportedFormatError } from "@lethe/contracts/errors";
import { isFiledRequestName } from "@lethe/contracts/filed-request";
import type { JobResult } from "@lethe/contracts/jobs";
import { keptPathOf } from "@lethe/input-files/kept-path";
import { printedPaths } from "@lethe/landing/printed-paths";
import { type LandedFile, placeOf, scanLanding, type UnexpectedEntry } from "@lethe/landing/scan-landing";
import { convertedKeyOf } from "@lethe/storage/claimed-key";
import { changedContents, claimFiles, quarantineFile } from "@lethe/warehouse/ledger/claim-files";
import { inFencedTransaction, whileChangingRun } from "@lethe/warehouse/ledger/extraction-fence";
import { type NotTaken, recordNotTaken } from "@lethe/warehouse/ledger/not-taken";
import { addNotice } from "@lethe/warehouse/ledger/notices";
import type { RunSpec } from "@lethe/warehouse/ledger/read-run-request";
import { type ClaimedFile, claimLanded } from "./claim-landed.js";
import { claimedBefore } from "./claimed-before.js";
import type { ExtractionContext } from "./context.js";
import { extractLargeFile } from "./extract-large-file.js";
import { extractSmallFiles } from "./extract-small-files.js";
import { inspectFile } from "./inspect-file.js";
import { ledgerHashes } from "./ledger-hash.js";
import { note, noteNotTaken } from "./notes.js";
import { markedFiles, removeMarkers } from "./ready-markers.js";
import { returnGrown } from "./return-grown.js";
import { returnFile, returnLeftByOthers } from "./return-left.js";
import { moveToQuarantine, setAsideUnclaimed } from "./set-aside.js";
import { findSettled } from "./settled-files.js";
import { readFailure } from "./skip-reason.js";
import { type TakenFile, toFoundFile } from "./taken-file.js";
import { waitForRoom } from "./wait-for-room.js";
import { withoutMasked } from "./without-masked.js";

/** Small files that make a batch, at most: while the services work on it, the next files are read. */
const FILES_PER_BATCH = 128;

/** Files that are looked through at once; each may hold up to a batch's bytes in memory while it waits. */
const LOOK_AHEAD = 16;

/** Entries of landing that were not taken and that a run names: a folder full of something else should not fill the ledger. */
const MOST_UNEXPECTED = 10_000;

/** Empty folders that nobody has used for a day are no sender's who is about to write. */
const UNUSED_FOLDER_MS = 24 * 3_600_000;

/**
 * Takes a run's files from landing, and first those that it claimed before it was interrupted. Batches follow each other as their
 * files do, by partition and name, since they are loaded in that order and of records with one id the first is taken. Files that
 * may still be written are waited for once, and then left. Many small files become one batch, a large file becomes many. A file
 * that was delivered before is set aside, and an unreadable file goes to quarantine as a whole; both are counted, and neither
 * stops the other files.
 */
export async function extractFiles(
  context: ExtractionContext,
  runId: string,
  run: RunSpec,
): Promise<JobResult<"extract">> {
  await returnLeftByOthers(context, runId);
  await returnGrown(context, runId, run.dataset);
  const { files, left, unexpected, otherUnexpected, emptyFolders } = await scanLanding(context.storage, {
    dataset: run.dataset,
    datasets: context.datasets.names,
    range: run.range,
    maxFiles: context.limits.maxFilesPerRun,
    maxUnexpected: MOST_UNEXPECTED,
  });
  await context.storage.removeUnusedFolders(emptyFolders, UNUSED_FOLDER_MS);
  await nameNotTaken(context, runId, unexpected, otherUnexpected);
  if (left > 0) await note(context, "files_left", ".", `They are ${left}; LETHE_MAX_FILES_PER_RUN.`);
  const totals = { files: 0, batches: 0 };
  let waiting: TakenFile[] = [];
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
  const earlier = await claimedBefore(context.storage, runId, context.datasets.names);
  const taken = new Set(earlier.map(({ path }) => path));
  // A newer file of the same name must not take the place of one that is claimed.
  const landed = files.filter(({ path }) => !taken.has(path));
  for await (const claimed of claimedGroups(context, runId, earlier, landed)) {
    const read = await Promise.all(claimed.map((file) => inspect(context, runId, run.dataset, file)));
    const there = read.filter((file) => file !== undefined);
    // Under other settings an interrupted attempt may have converted what is read as it came now.
    const kept = there.filter(({ path, sourceKey, claimedKey }) => taken.has(path) && sourceKey === claimedKey);
    const conversions = kept.map(({ claimedKey }) => convertedKeyOf(claimedKey));
    if (conversions.length > 0) await context.storage.remove("claimed", conversions);
    const inspected = await withoutMasked(context, runId, run.dataset, there, (file) =>
      inspect(context, runId, run.dataset, file),
    );
    for (const file of inspected) {
      if (file.unreadable !== undefined) {
        await quarantineWhole(context, runId, run, file, file.unreadable);
      } else if (file.lines === undefined) {
        // It comes behind the files before it, with its number and with its batches.
        await takeWaiting();
        const [claim] = await inFencedTransaction(context.pool, context.fence, (client) =>
          claimFiles(client, runId, run.dataset, [toFoundFile(file)], run.force),
        );
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

/**
 * Yields the files that a run has claimed, in groups, ordered by partition and name: those that it finds in landing, and among
 * them those of an earlier attempt, which may have been interrupted when it had claimed some files and not those before them.
 */
async function* claimedGroups(
  context: ExtractionContext,
  runId: string,
  earlier: readonly ClaimedFile[],
  landed: readonly LandedFile[],
): AsyncGenerator<readonly ClaimedFile[]> {
  const { storage, readyMarker, settleMs, signal } = context;
  const all = inOrder<LandedFile | ClaimedFile>([...earlier, ...landed]);
  const claim = async (group: readonly (LandedFile | ClaimedFile)[]) => {
    const claimed = await claimLanded(
      context,
      runId,
      group.filter((file) => !isClaimed(file)),
    );
    if (readyMarker !== "none") await removeMarkers(storage, claimed, readyMarker);
    return inOrder([...group.filter(isClaimed), ...claimed]);
  };
  if (readyMarker !== "none") {
    const marked = new Set<LandedFile>(await markedFiles(storage, landed, readyMarker));
    const others = landed.length - marked.size;
    if (others > 0) await note(context, "files_unmarked", ".", `They are ${others}.`);
    const taken = all.filter((file) => isClaimed(file) || marked.has(file));
    for (const group of inGroupsOf(taken, LOOK_AHEAD)) yield await claim(group);
    return;
  }
  const { settled, settleOthers } = await findSettled(storage, landed, settleMs, (name) =>
    isFiledRequestName(context.datasets.requests.name, name),
  );
  const quiet = new Set<LandedFile>([...settled, ...earlier]);
  const firstGrowing = all.findIndex((file) => !quiet.has(file));
  const before = firstGrowing === -1 ? all : all.slice(0, firstGrowing);
  for (const group of inGroupsOf(before, LOOK_AHEAD)) yield await claim(group);
  const others = await settleOthers(signal);
  for (const file of others.settled) quiet.add(file);
  const behind = all.slice(before.length).filter((file) => quiet.has(file));
  for (const group of inGroupsOf(behind, LOOK_AHEAD)) yield await claim(group);
  for (const { path } of others.growing) await note(context, "file_growing", path);
}

function isClaimed(file: LandedFile | ClaimedFile): file is ClaimedFile {
  return "claimedKey" in file;
}

/** Returns files as `scanLanding` orders them. */
function inOrder<F extends LandedFile>(files: readonly F[]): F[] {
  const placed = files.map((file) => ({ file, place: placeOf(file) }));
  return placed.sort((a, b) => (a.place < b.place ? -1 : 1)).map(({ file }) => file);
}

/** Names in the run what it does not take. */
async function nameNotTaken(
  { pool, fence }: ExtractionContext,
  runId: string,
  unexpected: readonly UnexpectedEntry[],
  others: number,
): Promise<void> {
  const paths = printedPaths(unexpected.map(({ path }) => path));
  const named: NotTaken[] = unexpected.map((entry, i) => ({ ...entry, path: paths[i] ?? "" }));
  if (others > 0) named.push({ code: "unexpected_entries_left", path: ".", detail: `They are ${others}.` });
  await whileChangingRun(pool, fence, (client) => recordNotTaken(client, runId, named, unexpected.length + others));
}

/** Inspects a file. One that cannot even be opened goes back to landing, is named in the run, and returns undefined. */
async function inspect(
  context: ExtractionContext,
  runId: string,
  dataset: DatasetName,
  file: ClaimedFile,
): Promise<TakenFile | undefined> {
  try {
    const csv = { ...context.inputOptions.get(dataset), form: context.datasets.get(dataset).csv };
    const options = { ...context.limits, csv };
    const inspected = await inspectFile(context.storage, file, context.batchBytes, options, context.signal);
    if (inspected?.tail !== undefined) {
      await note(context, "bytes_behind_gzip", file.path, inspected.tail);
    }
    return inspected && { ...inspected, ...(await ledgerHashes(context, dataset, file, inspected.sha256)) };
  } catch (error) {
    const reason = readFailure(error);
    if (reason === undefined) throw error;
    await noteNotTaken(context, reason, file.path);
    await returnFile(context, runId, file);
    return undefined;
  }
}

// The ledger comes first: a file that was moved and then not recorded would be lost from sight.
async function quarantineWhole(
  context: ExtractionContext,
  runId: string,
  run: RunSpec,
  file: TakenFile,
  error: UnreadableFileError,
): Promise<void> {
  const { message } = error;
  const reason = error instanceof UnsupportedFormatError ? "unsupported_format" : "unreadable";
  const [known] = (await changedContents(context.pool, run.dataset, file.contents)).filter((one) => one.isQuarantined);
  if (known !== undefined && !run.force) {
    await setAsideUnclaimed(context, runId, [file], [{ kind: "known", quarantined: known }]);
    return;
  }
  const { claim, keptPath } = await inFencedTransaction(context.pool, context.fence, async (client) => {
    const [claim] = await claimFiles(client, runId, run.dataset, [toFoundFile(file)], run.force);
    if (claim === undefined || !("fileId" in claim)) return { claim, keptPath: undefined };
    const keptPath = keptPathOf(run.dataset, claim.fileId, file.partition, file.format);
    await quarantineFile(client, { runId, dataset: run.dataset, fileId: claim.fileId, keptPath, reason, message });
    await addNotice(client, runId, "file_unreadable", file.path, message);
    return { claim, keptPath };
  });
  if (claim === undefined) return;
  if (keptPath !== undefined) await moveToQuarantine(context, runId, file, keptPath);
  else await setAsideUnclaimed(context, runId, [file], [claim]);
}

function inGroupsOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
