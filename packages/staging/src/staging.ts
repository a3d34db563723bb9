import type { Readable } from "node:stream";

/** Which batch an object in staging belongs to. Both ids are UUIDs, checked where they came in. */
export interface BatchRef {
  readonly runId: string;
  readonly batchId: string;
}

/** The bytes of an object that is written: all at once, or as they come. */
export type Content = readonly Uint8Array[] | AsyncIterable<Uint8Array>;

/**
 * Where batches wait between services. Objects are small in number and up to some tens of MiB each; one that is there
 * is whole, and one that is not what was written any more is noticed when it is read.
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
