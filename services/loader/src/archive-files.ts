import type { DatasetName } from "@lethe/contracts/datasets";
import { dropGzipNames } from "@lethe/erasure/gzip-names";
import { maskClaimedFiles } from "@lethe/erasure/mask-arrived-files";
import { formatOfName, type InputFormat, inputFormatOf } from "@lethe/input-files/input-format";
import { keptPathOf } from "@lethe/input-files/kept-path";
import type { Logger } from "@lethe/service-kit/logger";
import { claimedKeyOf } from "@lethe/storage/claimed-key";
import {
  announceArchived,
  type CompleteFile,
  readCompleteFiles,
  recordArchived,
} from "@lethe/warehouse/ledger/finish-files";
import type { LoaderContext } from "./context.js";
import { whatToArchive } from "./what-to-archive.js";

/** Files that are moved between two records in the ledger. */
const FILES_PER_RECORD = 256;

/**
 * Moves a run's complete raw files from the claimed area to the archive. What is archived is what was read: a file that has
 * changed since goes back to landing, and what was read of it is archived as far as it is to be had.
 */
export async function archiveFiles(
  context: LoaderContext,
  runId: string,
  dataset: DatasetName,
  log: Logger,
): Promise<void> {
  const files = (await readCompleteFiles(context.pool, runId)).map((file) => {
    const format = formatOf(file);
    const keptPath = file.keptPath ?? keptPathOf(dataset, file.id, file.partition, format);
    const claimedKey = claimedKeyOf(runId, file.path);
    return { ...file, format, keptPath, isAnnounced: file.keptPath !== null, claimedKey };
  });
  for (let i = 0; i < files.length; i += FILES_PER_RECORD) {
    const some = files.slice(i, i + FILES_PER_RECORD);
    const found = await whatToArchive(context, runId, some, log);
    const moves = some.flatMap((file, k) => {
      const key = found[k];
      return key === undefined ? [] : [{ ...file, key }];
    });
    // First where they go: masking changes a file's hash, so that after a crash it could not be known again.
    await announceArchived(context.pool, moves);
    for (const { key, format } of moves)
      await dropGzipNames(context.storage, { area: "claimed", key }, { dataset, format });
    // Before they are moved: the archive never holds a suppressed person in plain, not for a moment.
    const toMask = moves.filter(({ holdsSuppressed }) => holdsSuppressed);
    await maskClaimedFiles(context, dataset, toMask);
    await context.storage.move(
      "claimed",
      "archived",
      moves.map(({ key, keptPath }) => ({ key, newKey: keptPath })),
    );
    await removeOriginals(context, moves);
    await recordArchived(
      context.pool,
      some.map(({ id, keptPath }, k) => ({ id, name: keptPath, isArchived: found[k] !== undefined })),
    );
  }
}

/** Removes what came of files that were converted: the archive has them in their other form. */
async function removeOriginals(
  { storage }: LoaderContext,
  files: readonly { readonly claimedKey: string; readonly convertedFrom: string | null }[],
): Promise<void> {
  const converted = files.filter(({ convertedFrom }) => convertedFrom !== null);
  if (converted.length === 0) return;
  await storage.remove(
    "claimed",
    converted.map(({ claimedKey }) => claimedKey),
  );
}

function formatOf({ id, path, format: name }: CompleteFile): InputFormat {
  const format = formatOfName(name) ?? inputFormatOf(path);
  if (format === undefined) throw new Error(`file ${id} of the ledger has no format`);
  return format;
}
