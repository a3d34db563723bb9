import { createHash } from "node:crypto";
import { mkdir, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { DatasetName } from "@lethe/contracts/datasets";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { maskLandedFiles } from "@lethe/erasure/mask-arrived-files";
import type { Logger } from "@lethe/service-kit/logger";
import { removeEmptyFolders } from "@lethe/staging/remove-empty-folders";
import {
  announceArchived,
  type CompleteFile,
  completeFilesOfRun,
  recordArchived,
} from "@lethe/warehouse/ledger/finish-files";
import type { LoaderContext } from "./context.js";
import { inGroups } from "./in-groups.js";

/** Files that are moved between two records in the ledger. */
const FILES_PER_RECORD = 256;

/** Moves a run's complete raw files from landing to the archive and removes the folders that this leaves empty. */
export async function archiveFiles(
  context: LoaderContext,
  runId: string,
  dataset: DatasetName,
  log: Logger,
): Promise<void> {
  const files = await completeFilesOfRun(context.pool, runId);
  for (let i = 0; i < files.length; i += FILES_PER_RECORD) {
    const moves = await inGroups(files.slice(i, i + FILES_PER_RECORD), async (file) => ({
      ...file,
      keptPath: file.keptPath ?? (await freePath(context.archived, file)),
    }));
    // First where they go: masking changes a file's hash, so that after a crash it could not be known again.
    await announceArchived(context.pool, moves);
    // In landing still: the archive never holds a suppressed person in plain, not for a moment.
    const toMask = moves.filter(({ holdsSuppressed }) => holdsSuppressed);
    await maskLandedFiles(context, dataset, toMask);
    const folders = new Set(moves.map(({ keptPath }) => dirname(join(context.archived, keptPath))));
    await inGroups([...folders], (folder) => mkdir(folder, { recursive: true }));
    await inGroups(moves, (move) => archiveFile(context, move, log));
    await recordArchived(context.pool, moves);
  }
  await removeEmptyFolders(
    context.landing,
    files.map((file) => file.path),
  );
}

/** Moves one file. One that was moved before a crash is there already. */
async function archiveFile(
  context: LoaderContext,
  file: CompleteFile & { readonly keptPath: string },
  log: Logger,
): Promise<void> {
  const target = join(context.archived, file.keptPath);
  try {
    await rename(join(context.landing, file.path), target);
  } catch (error) {
    if (!hasSystemCode(error, "ENOENT")) throw error;
    if ((await hashOf(target)) === undefined) {
      log.warn({ path: file.path }, "a raw file was taken from landing before it could be archived");
    }
  }
}

/** The file's own path, or, where another file of that name was archived before, one with the first digits of its hash. */
async function freePath(root: string, file: CompleteFile): Promise<string> {
  const there = await hashOf(join(root, file.path));
  const digest = file.sha256.toString("hex");
  if (there === undefined || there === digest) return file.path;
  return file.path.replace(/(\/[^/.]+)\./, `$1~${digest.slice(0, 12)}.`);
}

/** Returns the hash of a file; undefined when there is none, as of nearly all that are asked for. */
async function hashOf(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    const file = await open(path);
    await pipeline(file.createReadStream(), hash);
    return hash.digest("hex");
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) return undefined;
    throw error;
  }
}
