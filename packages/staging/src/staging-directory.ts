import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { threadId } from "node:worker_threads";
import { StagedObjectError } from "@lethe/contracts/errors";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { checkedBytes, checkedStream, withChecksum } from "./checksum.js";
import { removeEmptyFolders } from "./remove-empty-folders.js";
import type { BatchRef, Staging } from "./staging.js";

/** Creates a staging area of a directory, on this machine or shared between several. */
export function openStagingDirectory(root: string): Staging {
  const folderOf = (batch: BatchRef) => join(root, batch.runId, batch.batchId);
  return {
    async write(batch, name, content) {
      const folder = folderOf(batch);
      await mkdir(folder, { recursive: true });
      const path = join(folder, name);
      // Two deliveries of one job may write the same object at once; each has its own temporary name.
      const temporary = `${path}.${process.pid}.${threadId}.${nextNumber()}${TEMPORARY}`;
      const file = await open(temporary, "w");
      const counted = { bytes: 0 };
      try {
        for await (const chunk of withChecksum(content, counted)) await file.appendFile(chunk);
        await file.close();
        await rename(temporary, path);
      } catch (error) {
        await file.close();
        await rm(temporary, { force: true });
        throw error;
      }
      return counted.bytes;
    },
    async read(batch, name) {
      try {
        return checkedBytes(await readFile(join(folderOf(batch), name)), labelOf(batch, name));
      } catch (error) {
        throw missing(batch, name, error);
      }
    },
    stream: (batch, name) => Readable.from(chunksOf(join(folderOf(batch), name), batch, name)),
    async size(batch) {
      const sizes = await Promise.all(
        (await namesIn(folderOf(batch))).map(async (name) => {
          const info = await ifThere(stat(join(folderOf(batch), name)));
          return info?.size ?? 0;
        }),
      );
      return sizes.reduce((sum, bytes) => sum + bytes, 0);
    },
    async removeAllBut(batch, names) {
      const folder = folderOf(batch);
      for (const name of await namesIn(folder)) {
        // Another delivery may be writing; what it leaves goes with the run.
        if (names.includes(name) || name.endsWith(TEMPORARY)) continue;
        await rm(join(folder, name), { force: true });
      }
      if (names.length === 0) await removeEmptyFolders(root, [join(batch.runId, batch.batchId, "any")]);
    },
    async listRuns() {
      await mkdir(root, { recursive: true });
      return readdir(root);
    },
    async removeRun(runId) {
      await rm(join(root, runId), { recursive: true, force: true });
    },
  };
}

const TEMPORARY = ".tmp";
const STREAM_CHUNK_BYTES = 256 * 1024;

async function* chunksOf(path: string, batch: BatchRef, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* checkedStream(createReadStream(path, { highWaterMark: STREAM_CHUNK_BYTES }), labelOf(batch, name));
  } catch (error) {
    throw missing(batch, name, error);
  }
}

let written = 0;
function nextNumber(): number {
  written += 1;
  return written;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await ifThere(readdir(folder))) ?? [];
}

async function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Names an object in messages: without the machine's path. */
function labelOf(batch: BatchRef, name: string): string {
  return `${name} of batch ${batch.batchId}`;
}

/** What is not there is told; a damage has been told already, and what else is wrong is not the object's fault. */
function missing(batch: BatchRef, name: string, cause: unknown): unknown {
  if (!hasSystemCode(cause, "ENOENT")) return cause;
  return new StagedObjectError(`${labelOf(batch, name)} is not in staging`, { cause });
}
