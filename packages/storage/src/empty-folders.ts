import { rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasSystemCode } from "@lethe/contracts/system-error";

/**
 * Removes, of the folders that files were taken from, those that are empty now, and the folders above them likewise.
 * Takes the files' paths relative to `root`, which itself stays.
 */
export async function removeEmptyFolders(root: string, paths: Iterable<string>): Promise<void> {
  let folders = new Set([...paths].map((path) => dirname(path)));
  while (folders.size > 0) {
    const above = new Set<string>();
    for (const folder of folders) {
      if (folder === ".") continue;
      if (await removeIfEmpty(join(root, folder))) above.add(dirname(folder));
    }
    folders = above;
  }
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
