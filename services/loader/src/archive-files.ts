import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import type { DatasetName } from "@lethe/contracts/datasets";
import { maskLandedFiles } from "@lethe/erasure/mask-arrived-files";
import { contentHashes } from "@lethe/privacy/content-hash";
import type { Logger } from "@lethe/service-kit/logger";
import { inGroups } from "@lethe/storage/in-groups";
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
    const moves = await inGroups(files.slice(i, i + FILES_PER_RECORD), async (file) => ({
      ...file,
      keptPath: file.keptPath ?? (await freePath(context, file)),
    }));
    // First where they go: masking changes a file's hash, so that after a crash it could not be known again.
    await announceArchived(context.pool, moves);
    // In landing still: the archive never holds a suppressed person in plain, not for a moment.
    const toMask = moves.filter(({ holdsSuppressed }) => holdsSuppressed);
    await maskLandedFiles(context, dataset, toMask);
    await moveToArchive(context.storage, moves, log);
    await recordArchived(context.pool, moves);
  }
}

/** Moves files. One that was moved before a crash is there already. */
async function moveToArchive(
  storage: Storage,
  files: readonly (CompleteFile & { readonly keptPath: string })[],
  log: Logger,
): Promise<void> {
  const moves = files.map(({ path, keptPath }) => ({ key: path, newKey: keptPath }));
  const moved = await storage.move("landing", "archived", moves);
  for (const [i, { key, newKey }] of moves.entries()) {
    if (moved[i] === true || (await storage.size("archived", newKey)) !== undefined) continue;
    log.warn({ path: key }, "a raw file was taken from landing before it could be archived");
  }
}

/** The file's own path, or, where another file of that name was archived before, one with the first digits of its hash. */
async function freePath({ storage, ring }: LoaderContext, file: CompleteFile): Promise<string> {
  const there = await hashOf(storage, file.path);
  if (there === undefined || contentHashes(ring, there).some((hash) => hash.equals(file.sha256))) return file.path;
  return file.path.replace(/(\/[^/.]+)\./, `$1~${file.sha256.toString("hex").slice(0, 12)}.`);
}

/** Returns the hash of a file in the archive; undefined when there is none, as of nearly all that are asked for. */
async function hashOf(storage: Storage, key: string): Promise<Buffer | undefined> {
  const file = await storage.open("archived", key);
  if (file === undefined) return undefined;
  const hash = createHash("sha256");
  try {
    await pipeline(file.bytes(), hash);
  } finally {
    await file.close();
  }
  return hash.digest();
}
