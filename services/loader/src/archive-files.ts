import type { DatasetName } from "@lethe/contracts/datasets";
import { dropGzipNames } from "@lethe/erasure/gzip-names";
import { maskClaimedFiles } from "@lethe/erasure/mask-arrived-files";
import { formatOfName, type InputFormat, inputFormatOf } from "@lethe/input-files/input-format";
import { keptPathOf } from "@lethe/input-files/kept-path";
import type { Logger } from "@lethe/service-kit/logger";
import { claimedKeyOf } from "@lethe/storage/claimed-key";
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

/** Moves a run's complete raw files from the claimed area to the archive. */
export async function archiveFiles(
  context: LoaderContext,
  runId: string,
  dataset: DatasetName,
  log: Logger,
): Promise<void> {
  const files = (await readCompleteFiles(context.pool, runId)).map((file) => ({
    ...file,
    key: claimedKeyOf(runId, file.path),
    format: formatOf(file),
  }));
  for (let i = 0; i < files.length; i += FILES_PER_RECORD) {
    const moves = files
      .slice(i, i + FILES_PER_RECORD)
      .map((file) => ({ ...file, keptPath: keptPathFor(file, dataset) }));
    // First where they go: masking changes a file's hash, so that after a crash it could not be known again.
    await announceArchived(context.pool, moves);
    await takeAgain(context.storage, moves);
    for (const { key, format } of moves)
      await dropGzipNames(context.storage, { area: "claimed", key }, { dataset, format });
    // Before they are moved: the archive never holds a suppressed person in plain, not for a moment.
    const toMask = moves.filter(({ holdsSuppressed }) => holdsSuppressed);
    await maskClaimedFiles(context, dataset, toMask);
    await moveToArchive(context.storage, moves, log);
    await recordArchived(context.pool, moves);
  }
}

type ArchivedFile = Omit<CompleteFile, "format"> & {
  /** Its key in the claimed area. */
  readonly key: string;
  readonly format: InputFormat;
};

/** Claims files again that went back to landing when their run was closed, and that a retry has completed. */
async function takeAgain(storage: Storage, files: readonly ArchivedFile[]): Promise<void> {
  for (const { key, path, keptPath } of files) {
    if ((await storage.size("claimed", key)) !== undefined) continue;
    if (keptPath !== null && (await storage.size("archived", keptPath)) !== undefined) continue;
    await storage.move("landing", "claimed", [{ key: path, newKey: key }]);
  }
}

/** Moves files. One that was moved before a crash is there already. */
async function moveToArchive(
  storage: Storage,
  files: readonly (ArchivedFile & { readonly keptPath: string })[],
  log: Logger,
): Promise<void> {
  const moves = files.map(({ key, keptPath }) => ({ key, newKey: keptPath }));
  const moved = await storage.move("claimed", "archived", moves);
  for (const [i, { newKey }] of moves.entries()) {
    if (moved[i] === true || (await storage.size("archived", newKey)) !== undefined) continue;
    log.warn({ file: files[i]?.id }, "a raw file was removed before it could be archived");
  }
}

function keptPathFor({ id, partition, keptPath, format }: ArchivedFile, dataset: DatasetName): string {
  return keptPath ?? keptPathOf(dataset, id, partition, format);
}

function formatOf({ id, path, format: name }: CompleteFile): InputFormat {
  const format = formatOfName(name) ?? inputFormatOf(path);
  if (format === undefined) throw new Error(`file ${id} of the ledger has no format`);
  return format;
}
