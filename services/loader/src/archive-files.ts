import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { DatasetName } from "@lethe/contracts/datasets";
import { maskLandedFile } from "@lethe/erasure/mask-arrived-files";
import type { Logger } from "@lethe/service-kit/logger";
import { removeEmptyFolders } from "@lethe/staging/remove-empty-folders";
import { type CompleteFile, completeFilesOfRun, recordArchived } from "@lethe/warehouse/ledger/finish-files";
import type { LoaderContext } from "./context.js";

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
    const moved = [];
    for (const file of files.slice(i, i + FILES_PER_RECORD)) {
      moved.push({ id: file.id, keptPath: await archiveFile(context, dataset, file, log) });
    }
    await recordArchived(context.pool, moved);
  }
  await removeEmptyFolders(
    context.landing,
    files.map((file) => file.path),
  );
}

/** Moves one file; gives its path in the archive. One that was moved before a crash is found there. */
async function archiveFile(
  context: LoaderContext,
  dataset: DatasetName,
  file: CompleteFile,
  log: Logger,
): Promise<string> {
  const source = join(context.landing, file.path);
  const keptPath = await freePath(context.archived, file);
  await mkdir(dirname(join(context.archived, keptPath)), { recursive: true });
  // In landing still: the archive never holds a suppressed person in plain, not for a moment.
  if (file.holdsSuppressed) await maskLandedFile(context, dataset, file.path);
  try {
    await rename(source, join(context.archived, keptPath));
  } catch (error) {
    if (!isMissing(error)) throw error;
    if ((await hashOf(join(context.archived, keptPath))) === undefined) {
      log.warn({ path: file.path }, "a raw file was taken from landing before it could be archived");
    }
  }
  return keptPath;
}

/** The file's own path, or, where another file of that name was archived before, one with the first digits of its hash. */
async function freePath(root: string, file: CompleteFile): Promise<string> {
  const there = await hashOf(join(root, file.path));
  const digest = file.sha256.toString("hex");
  if (there === undefined || there === digest) return file.path;
  return file.path.replace(/(\/[^/.]+)\./, `$1~${digest.slice(0, 12)}.`);
}

async function hashOf(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
    return hash.digest("hex");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
