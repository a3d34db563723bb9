import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { threadId } from "node:worker_threads";
import { StagedObjectError } from "@lethe/contracts/errors";
import type { BatchRef, Staging } from "./staging.js";

/** Makes a staging area of a directory, on this machine or shared between several. */
export function openStagingDirectory(root: string): Staging {
  const folderOf = (batch: BatchRef) => join(root, batch.runId, batch.batchId);
  return {
    async write(batch, name, content) {
      const folder = folderOf(batch);
      await mkdir(folder, { recursive: true });
      const path = join(folder, name);
      // Two deliveries of one job may write the same object at once; each has its own temporary name.
      const temporary = `${path}.${process.pid}.${threadId}.${nextNumber()}.tmp`;
      const file = await open(temporary, "w");
      let bytes = 0;
      try {
        for await (const chunk of content) {
          await file.appendFile(chunk);
          bytes += chunk.byteLength;
        }
        await file.close();
        await rename(temporary, path);
      } catch (error) {
        await file.close();
        await rm(temporary, { force: true });
        throw error;
      }
      return bytes;
    },
    async read(batch, name) {
      try {
        return await readFile(join(folderOf(batch), name));
      } catch (error) {
        throw missing(batch, name, error);
      }
    },
    stream: (batch, name) => Readable.from(chunksOf(join(folderOf(batch), name), batch, name)),
    async readRange(batch, name, offset, length) {
      let file: Awaited<ReturnType<typeof open>>;
      try {
        file = await open(join(folderOf(batch), name), "r");
      } catch (error) {
        throw missing(batch, name, error);
      }
      try {
        const buffer = Buffer.allocUnsafe(length);
        const { bytesRead } = await file.read(buffer, 0, length, offset);
        if (bytesRead < length) throw new StagedObjectError(`${name} of batch ${batch.batchId} is shorter than it was`);
        return buffer;
      } finally {
        await file.close();
      }
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

const STREAM_CHUNK_BYTES = 256 * 1024;

async function* chunksOf(path: string, batch: BatchRef, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: STREAM_CHUNK_BYTES });
  } catch (error) {
    throw missing(batch, name, error);
  }
}

let written = 0;
function nextNumber(): number {
  written += 1;
  return written;
}

function missing(batch: BatchRef, name: string, cause: unknown): StagedObjectError {
  return new StagedObjectError(`${name} of batch ${batch.batchId} is not in staging`, { cause });
}
