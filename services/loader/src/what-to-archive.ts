import { isKnownContent } from "@lethe/privacy/content-hash";
import type { Logger } from "@lethe/service-kit/logger";
import { returnClaimedFile } from "@lethe/storage/claimed-files";
import { convertedKeyOf, readKeyOf } from "@lethe/storage/claimed-key";
import { inGroups } from "@lethe/storage/in-groups";
import { separateRead } from "@lethe/storage/separate-read";
import type { CompleteFile } from "@lethe/warehouse/ledger/finish-files";
import { addNotice } from "@lethe/warehouse/ledger/notices";
import type { LoaderContext } from "./context.js";

/** A complete file and where it goes. */
export type FileToArchive = Omit<CompleteFile, "format" | "keptPath"> & {
  readonly keptPath: string;
  /** Whether an earlier attempt has checked it, and may have masked it since. */
  readonly isAnnounced: boolean;
  readonly claimedKey: string;
};

/**
 * Returns the keys in the claimed area of what is to be archived of a run's files, in their order: exactly what was read.
 * Undefined where that is not to be had any more. A file that has changed since goes back to landing, and the run says so.
 */
export async function whatToArchive(
  context: LoaderContext,
  runId: string,
  files: readonly FileToArchive[],
  log: Logger,
): Promise<(string | undefined)[]> {
  return inGroups(files, async (file) => {
    const key = await keyToArchive(context, runId, file);
    if (key === undefined) log.warn({ file: file.id }, "a raw file was removed or changed before it could be archived");
    return key;
  });
}

async function keyToArchive(context: LoaderContext, runId: string, file: FileToArchive): Promise<string | undefined> {
  const { storage, ring } = context;
  const { claimedKey, bytes, sha256 } = file;
  const convertedKey = file.convertedFrom === null ? undefined : convertedKeyOf(claimedKey);
  if (file.isAnnounced) {
    const keys = convertedKey === undefined ? [readKeyOf(claimedKey), claimedKey] : [convertedKey];
    for (const key of keys) if ((await storage.size("claimed", key)) !== undefined) return key;
    // It was moved already; to move it again does nothing.
    if ((await storage.size("archived", file.keptPath)) !== undefined) return claimedKey;
  }
  const read = { bytes, isRead: (hash: Buffer) => isKnownContent(ring, hash, sha256) };
  let found = await separateRead(storage, claimedKey, read);
  if (found.key === undefined && !found.hasChanged) {
    // It went back to landing when its run was closed, and a retry has completed the run.
    const [isThere] = await storage.move("landing", "claimed", [{ key: file.path, newKey: claimedKey }]);
    if (isThere === true) found = await separateRead(storage, claimedKey, read);
  }
  const hasConverted = convertedKey !== undefined && (await storage.size("claimed", convertedKey)) !== undefined;
  const key = convertedKey === undefined ? found.key : hasConverted ? convertedKey : undefined;
  if (found.hasChanged) await giveBack(context, runId, file.path, key);
  return key;
}

async function giveBack(
  { pool, storage }: LoaderContext,
  runId: string,
  path: string,
  archived: string | undefined,
): Promise<void> {
  await addNotice(pool, runId, "file_changed", path, archived === undefined ? NOTHING_KEPT : KEPT);
  const newPath = await returnClaimedFile(storage, runId, path, archived);
  const isRenamed = newPath !== undefined && newPath !== path;
  if (isRenamed) await addNotice(pool, runId, "file_renamed", path, `It is ${newPath} now.`);
}

const KEPT = "The archive keeps what was read.";
const NOTHING_KEPT = "What was read is loaded and no longer to be had as a file, so the archive keeps nothing of it.";
