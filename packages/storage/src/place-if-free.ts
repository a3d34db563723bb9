import { link, lstat, rename, unlink } from "node:fs/promises";
import { hasSystemCode } from "@lethe/contracts/system-error";

/**
 * Moves a file within its file system to `target` unless something is there already. Returns whether the file is there now; if
 * not, it stays where it was. Of several who try at once, one succeeds. Throws ENOENT when the file, or the folder of
 * `target`, is not there.
 */
export async function placeIfFree(source: string, target: string): Promise<boolean> {
  try {
    await link(source, target);
  } catch (error) {
    if (hasSystemCode(error, "EEXIST")) {
      // A crash may have come between the two steps.
      if (!(await areSame(source, target))) return false;
    } else if (["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].some((code) => hasSystemCode(error, code))) {
      return renameIfFree(source, target);
    } else throw error;
  }
  await unlink(source);
  return true;
}

async function areSame(source: string, target: string): Promise<boolean> {
  const [one, other] = await Promise.all([lstat(source), lstat(target)]);
  return one.ino === other.ino && one.dev === other.dev;
}

/** For a file system without hard links, or a file of somebody else, which the system may not let be linked. */
async function renameIfFree(source: string, target: string): Promise<boolean> {
  const isTaken = await lstat(target).then(
    () => true,
    (error: unknown) => {
      if (hasSystemCode(error, "ENOENT")) return false;
      throw error;
    },
  );
  if (isTaken) return false;
  await rename(source, target);
  return true;
}
