import { constants } from "node:fs";
import { type FileHandle, mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { hasSystemCode } from "@lethe/contracts/system-error";

/** The greatest permissions that the files and folders of a data folder have; the umask may take more away. */
export interface FileModes {
  readonly file: number;
  readonly folder: number;
}

/**
 * Returns the permissions of files and folders: for their owner alone (0600 and 0700), or readable by the owner's group, too
 * (0640 and 0750). Nobody else ever has any.
 */
export function fileModes(isGroupReadable: boolean): FileModes {
  return isGroupReadable ? { file: 0o640, folder: 0o750 } : { file: 0o600, folder: 0o700 };
}

/**
 * Creates a folder and those above it that are missing, each with the permissions of a folder. One by one: Node's own `recursive`
 * names another error than the system's on a disk that is read-only, and never returns below `/proc`.
 */
export async function makeFolders(folder: string, modes: FileModes): Promise<void> {
  try {
    await makeFolder(folder, modes);
  } catch (error) {
    const parent = dirname(folder);
    if (!hasSystemCode(error, "ENOENT") || parent === folder) throw error;
    await makeFolders(parent, modes);
    await makeFolder(folder, modes);
  }
}

async function makeFolder(folder: string, modes: FileModes): Promise<void> {
  try {
    await mkdir(folder, modes.folder);
  } catch (error) {
    // Where a folder is there, some systems say first that nothing may be made.
    const isThere = await stat(folder).then(
      (found) => found.isDirectory(),
      (reason: unknown) => {
        if (hasSystemCode(reason, "ELOOP")) throw reason;
        return false;
      },
    );
    if (!isThere) throw error;
  }
}

const PERMISSIONS = 0o7777;

/** Takes from a file what others than `modes` names may do with it. */
export async function restrictFile(file: FileHandle, modes: FileModes): Promise<void> {
  const { mode } = await file.stat();
  const allowed = mode & modes.file;
  if ((mode & PERMISSIONS) !== allowed) await file.chmod(allowed);
}

/**
 * Takes from the file at `path` what others than `modes` names may do with it. Returns false where only its owner, another
 * user, or the file system can do that. Throws ENOENT for a file that is not there. A symbolic link stays as it is: what it
 * leads to is not Lethe's.
 */
export async function restrictPath(path: string, modes: FileModes): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (hasSystemCode(error, "ELOOP")) return true;
    // What may not be read has its permissions from somebody else.
    if (hasSystemCode(error, "EACCES")) return false;
    throw error;
  }
  try {
    await restrictFile(file, modes);
    return true;
  } catch (error) {
    if (hasSystemCode(error, "EPERM")) return false;
    throw error;
  } finally {
    await file.close();
  }
}
