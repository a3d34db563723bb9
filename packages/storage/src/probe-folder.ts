import { randomUUID } from "node:crypto";
import { open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { FolderUnavailableError } from "@lethe/contracts/errors";

/**
 * The least free space with which work goes on: two batches of the usual size. Below it a service could begin what it cannot end, and
 * a disk that is full to the last byte keeps others from working, too.
 */
const LEAST_FREE_BYTES = 16 * 2 ** 20;

/** Writes a small file in a folder and removes it. Throws what the operating system says where that is not possible. */
export async function tryToWrite(folder: string, mode: number): Promise<void> {
  // By its end no listing takes it for one of the storage's files.
  const probe = join(folder, `.lethe-probe-${process.pid}-${randomUUID()}.tmp`);
  try {
    const handle = await open(probe, "wx", mode);
    try {
      // At once, so that a crash in the middle leaves nothing.
      await rm(probe);
      await handle.writeFile("written");
    } finally {
      await handle.close();
    }
  } finally {
    await rm(probe, { force: true });
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
