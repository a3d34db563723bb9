import { rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { inGroups } from "./in-groups.js";

/** Decides by its path relative to the root whether an empty folder may go. */
export type MayGo = (folder: string) => boolean;

/**
 * Removes, of the folders that files were taken from, those that are empty now and may go, and the folders above them likewise.
 * Takes the files' paths relative to `root`, which itself stays.
 */
export async function removeEmptyFolders(
  root: string,
  paths: Iterable<string>,
  mayGo: MayGo = () => true,
): Promise<void> {
  let folders = new Set([...paths].map((path) => dirname(path)));
  while (folders.size > 0) {
    const above = new Set<string>();
    for (const folder of folders) {
      if (folder === "." || !mayGo(folder)) continue;
      if (await removeIfEmpty(join(root, folder))) above.add(dirname(folder));
    }
    folders = above;
  }
}

/**
 * Looks which of the folders of files, and of those above them, have been left alone for `quietMs`: in the others somebody may be
 * about to write. Files are named by their paths relative to `root`. To be called before the files are taken, which changes folders.
 */
export async function quietFolders(root: string, paths: Iterable<string>, quietMs: number): Promise<MayGo> {
  if (quietMs === 0) return () => true;
  const folders = new Set<string>();
  for (const path of paths) {
    for (let folder = dirname(path); folder !== "." && !folders.has(folder); folder = dirname(folder)) {
      folders.add(folder);
    }
  }
  const quiet = new Set<string>();
  await inGroups([...folders], async (folder) => {
    if (await isUnchangedFor(join(root, folder), quietMs)) quiet.add(folder);
  });
  return (folder) => quiet.has(folder);
}

/** Removes those of the folders that are empty and in which nobody has changed anything for `unusedMs`. */
export async function removeUnusedFolders(root: string, folders: readonly string[], unusedMs: number): Promise<void> {
  await inGroups(folders, async (folder) => {
    const path = join(root, folder);
    // One that the system does not let go stays: no run depends on it.
    if (await isUnchangedFor(path, unusedMs)) await removeIfEmpty(path).catch(() => false);
  });
}

/** A time ahead of this machine's clock is no age. */
async function isUnchangedFor(folder: string, ms: number): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs >= ms;
}

/** Reports whether the folder is gone. Another process may be removing it, or filling it, at the same time. */
async function removeIfEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) return true;
    if (hasSystemCode(error, "ENOTEMPTY") || hasSystemCode(error, "EEXIST")) return false;
    throw error;
  }
}
