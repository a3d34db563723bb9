import { type FileHandle, open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { FolderUnavailableError } from "@lethe/contracts/errors";
import { hasSystemCode } from "@lethe/contracts/system-error";

/**
 * The least free space with which work goes on: two batches of the usual size. Below it a service could begin what it cannot end, and
 * a disk that is full to the last byte keeps others from working, too.
 */
const LEAST_FREE_BYTES = 16 * 2 ** 20;

/**
 * The file that whoever looks whether a folder can be written makes there. It has one name, so that what somebody who was killed has left
 * is removed by whoever looks next. By its end no listing takes it for one of the storage's files.
 */
const PROBE = ".lethe-probe.tmp";
/** How often others, who look at the same moment, may be in the way. */
const MOST_TRIES = 20;

/** Writes a small file in a folder and removes it. Throws what the operating system says where that is not possible. */
export async function tryToWrite(folder: string, mode: number): Promise<void> {
  const probe = join(folder, PROBE);
  const handle = await createAnew(probe, mode);
  try {
    await rm(probe, { force: true });
    await handle.writeFile("written");
  } finally {
    await handle.close();
  }
}

/** Creates a file, in place of one that is there; what that is, a link for instance, is never opened. */
async function createAnew(path: string, mode: number): Promise<FileHandle> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await open(path, "wx", mode);
    } catch (error) {
      if (!hasSystemCode(error, "EEXIST") || tries === MOST_TRIES) throw error;
      await rm(path, { force: true });
    }
  }
}

/** Throws FolderUnavailableError when the disk of a folder has less room than work needs. */
export async function requireFreeSpace(folder: string): Promise<void> {
  const free = await freeBytes(folder);
  if (free === undefined || free >= LEAST_FREE_BYTES) return;
  throw new FolderUnavailableError(
    "folder_full",
    `${folder}, in DATA_DIR, has ${Math.floor(free / 2 ** 20)} MiB left on its disk, and work needs ${LEAST_FREE_BYTES / 2 ** 20}: free space, and the work goes on`,
  );
}

/** Returns what this user may still write on the disk of a folder, in bytes; undefined where the file system does not say. */
async function freeBytes(folder: string): Promise<number | undefined> {
  const { bavail, bsize, blocks } = await statfs(folder);
  // Some network shares report nothing at all.
  return blocks === 0 ? undefined : bavail * bsize;
}
