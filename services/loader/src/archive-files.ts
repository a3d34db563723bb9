import type { DatasetName } from "@lethe/contracts/datasets";
import { dropGzipNames } from "@lethe/erasure/gzip-names";
import { maskLandedFiles } from "@lethe/erasure/mask-arrived-files";
import { inputFormatOf } from "@lethe/input-files/input-format";
import { keptPathOf } from "@lethe/input-files/kept-path";
import type { Logger } from "@lethe/service-kit/logger";
import type { Storage } from "@lethe/storage/storage";
import {
  announceArchived,
  type CompleteFile,
  readCompleteFiles,
  recordArchived,
} from "@lethe/warehouse/ledger/finish-files";
import type { LoaderContext } from "./context.js";

/** Files that are moved between two records in the ledger. */
const FILES_PER_RECORD = 256;

/** Moves a run's complete raw files from landing to the archive. */
export async function archiveFiles(
  context: LoaderContext,
  runId: string,
  dataset: DatasetName,
  log: Logger,
): Promise<void> {
  const files = await readCompleteFiles(context.pool, runId);
  for (let i = 0; i < files.length; i += FILES_PER_RECORD) {
    const moves = files
      .slice(i, i + FILES_PER_RECORD)
      .map((file) => ({ ...file, keptPath: keptPathFor(file, dataset) }));
    // First where they go: masking changes a file's hash, so that after a crash it could not be known again.
    await announceArchived(context.pool, moves);
    for (const { path } of moves) await dropNames(context.storage, path, dataset);
    // In landing still: the archive never holds a suppressed person in plain, not for a moment.
    const toMask = moves.filter(({ holdsSuppressed }) => holdsSuppressed);
    await maskLandedFiles(context, dataset, toMask);
    await moveToArchive(context.storage, moves, log);
    await recordArchived(context.pool, moves);
  }
}

/** What the sender called a packed file stands in its header. */
async function dropNames(storage: Storage, path: string, dataset: DatasetName): Promise<void> {
  const format = inputFormatOf(path);
  if (format !== undefined) await dropGzipNames(storage, { area: "landing", key: path }, { dataset, format });
}

/** Moves files. One that was moved before a crash is there already. */
async function moveToArchive(
  storage: Storage,
  files: readonly (CompleteFile & { readonly keptPath: string })[],
  log: Logger,
): Promise<void> {
  const moves = files.map(({ path, keptPath }) => ({ key: path, newKey: keptPath }));
  const moved = await storage.move("landing", "archived", moves);
  for (const [i, { newKey }] of moves.entries()) {
    if (moved[i] === true || (await storage.size("archived", newKey)) !== undefined) continue;
    log.warn({ file: files[i]?.id }, "a raw file was taken from landing before it could be archived");
  }
}

function keptPathFor({ id, path, partition, keptPath }: CompleteFile, dataset: DatasetName): string {
  if (keptPath !== null) return keptPath;
  const format = inputFormatOf(path);
  if (format === undefined) throw new Error(`file ${id} of the ledger has a name of no format`);
  return keptPathOf(dataset, id, partition, format);
}
