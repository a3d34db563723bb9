import { link, lstat, mkdir, rename, stat, unlink } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { hasSystemCode } from "@lethe/contracts/system-error";

/**
 * Puts a claimed file back into landing under the first of `keys` that is free, and returns that key. The file stays what it
 * is, so that whoever has it open goes on writing into it, and takes no other's place. Returns undefined when no key is
 * free. Throws ENOENT for a file that is not there.
 */
export async function returnFile(
  source: string,
  landing: string,
  keys: readonly string[],
): Promise<string | undefined> {
  for (const key of keys) {
    const target = join(landing, key);
    if (await putBack(source, target, landing)) return key;
  }
  return undefined;
}

async function putBack(source: string, target: string, landing: string): Promise<boolean> {
  await makeSendersFolder(landing, dirname(target));
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

/** Creates a folder in landing and those above it, with the permissions of landing itself: it is for senders, not for Lethe. */
async function makeSendersFolder(landing: string, folder: string): Promise<void> {
  const mode = (await stat(landing).catch(() => undefined))?.mode ?? 0o700;
  let path = landing;
  for (const name of relative(landing, folder).split(sep)) {
    path = join(path, name);
    await mkdir(path, { mode: mode & 0o7777 }).catch((error: unknown) => {
      if (!hasSystemCode(error, "EEXIST")) throw error;
    });
  }
}
