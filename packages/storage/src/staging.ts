import { Readable } from "node:stream";
import { StagedObjectError } from "@lethe/contracts/errors";
import { checkedBytes, checkedStream, withChecksum } from "./checksum.js";
import type { Content, Storage } from "./storage.js";

/** Which batch an object in staging belongs to. Both ids are UUIDs, checked where they came in. */
export interface BatchRef {
  readonly runId: string;
  readonly batchId: string;
}

/**
 * Where batches wait between services. Objects are small in number and up to some tens of MiB each; one that exists
 * is whole, and one that is no longer what was written is noticed when it is read.
 */
export interface Staging {
  /** Writes an object; readers see all of it or nothing. Returns its length in bytes. */
  write(batch: BatchRef, name: string, content: Content): Promise<number>;
  /** Returns an object's bytes. Throws StagedObjectError when it is not there, or damaged. */
  read(batch: BatchRef, name: string): Promise<Buffer>;
  /**
   * Returns an object's bytes as a stream. It fails with StagedObjectError when the object is not there, or, at its end, when
   * it was damaged.
   */
  stream(batch: BatchRef, name: string): Readable;
  /** Returns how many bytes a batch's objects take up. */
  size(batch: BatchRef): Promise<number>;
  /** Removes a batch's objects but those of these names; nothing to remove is no error. */
  removeAllBut(batch: BatchRef, names: readonly string[]): Promise<void>;
  /** Returns the runs that something is staged for. */
  listRuns(): Promise<string[]>;
  /** Removes all that is staged for a run; nothing to remove is no error. */
  removeRun(runId: string): Promise<void>;
}

const STREAM_PIECE_BYTES = 256 * 1024;

/** Creates the staging area of a storage. */
export function openStaging(storage: Storage): Staging {
  const folderOf = (batch: BatchRef) => `${batch.runId}/${batch.batchId}`;
  const keyOf = (batch: BatchRef, name: string) => `${folderOf(batch)}/${name}`;
  const keysOf = async (batch: BatchRef) =>
    (await namesIn(storage, folderOf(batch), "file")).map((name) => keyOf(batch, name));

  async function* checkedPieces(batch: BatchRef, name: string): AsyncGenerator<Buffer> {
    const file = await storage.open("staging", keyOf(batch, name));
    if (file === undefined) throw missing(batch, name);
    try {
      yield* checkedStream(file.bytes(STREAM_PIECE_BYTES), labelOf(batch, name));
    } finally {
      await file.close();
    }
  }

  return {
    async write(batch, name, content) {
      const counted = { bytes: 0 };
      const written = await storage.write("staging", keyOf(batch, name), withChecksum(content, counted));
      await written.commit();
      return counted.bytes;
    },
    async read(batch, name) {
      const stored = await storage.read("staging", keyOf(batch, name));
      if (stored === undefined) throw missing(batch, name);
      return checkedBytes(stored, labelOf(batch, name));
    },
    stream: (batch, name) => Readable.from(checkedPieces(batch, name)),
    async size(batch) {
      const sizes = await Promise.all((await keysOf(batch)).map((key) => storage.size("staging", key)));
      return sizes.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0);
    },
    async removeAllBut(batch, names) {
      const kept = names.map((name) => keyOf(batch, name));
      const keys = (await keysOf(batch)).filter((key) => !kept.includes(key));
      await storage.remove("staging", keys);
    },
    listRuns: () => namesIn(storage, "", "folder"),
    removeRun: (runId) => storage.removeFolder("staging", runId),
  };
}

async function namesIn(storage: Storage, folder: string, kind: "file" | "folder"): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of storage.list("staging", folder)) if (entry.kind === kind) names.push(entry.name);
  return names;
}

/** Names an object in messages: without the machine's path. */
function labelOf(batch: BatchRef, name: string): string {
  return `${name} of batch ${batch.batchId}`;
}

function missing(batch: BatchRef, name: string): StagedObjectError {
  return new StagedObjectError(`${labelOf(batch, name)} is not in staging`);
}
