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
 * is whole.
 */
export interface Staging {
  /** Writes an object; readers see all of it or nothing. Gives its length in bytes. */
  write(batch: BatchRef, name: string, content: Content): Promise<number>;
  /** Gives an object's bytes. Throws StagedObjectError when it is not there. */
  read(batch: BatchRef, name: string): Promise<Buffer>;
  /** Gives an object's bytes as a stream; it fails with StagedObjectError when the object is not there. */
  stream(batch: BatchRef, name: string): Readable;
  /** Gives `length` bytes from `offset`. Throws StagedObjectError when there are fewer. */
  readRange(batch: BatchRef, name: string, offset: number, length: number): Promise<Buffer>;
  /** Gives the runs that something is staged for. */
  listRuns(): Promise<string[]>;
  /** Removes all that is staged for a run; nothing to remove is no error. */
  removeRun(runId: string): Promise<void>;
}
