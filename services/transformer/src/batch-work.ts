import type { DatasetName } from "@lethe/contracts/datasets";
import type { RefundMode } from "@lethe/contracts/refunds";
import type { SchemaMode } from "@lethe/contracts/schema-changes";
import type { Policy } from "@lethe/privacy/policy";
import type { SuppressedIdentifier } from "@lethe/privacy/suppression-list";
import type { CarriedError } from "./carried-error.js";
import type { OrdinalRange, Poison } from "./poison.js";
import type { SchemaReport } from "./watch-schema.js";

/** A batch that a thread is to transform. */
export interface BatchWork {
  readonly runId: string;
  readonly batchId: string;
  readonly dataset: DatasetName;
  /** Whether nothing of it is staged when its columns have changed. */
  readonly freezes: boolean;
  /** Records that are rejected without being parsed. */
  readonly poison: readonly Poison[];
  /**
   * The ids of erased records, by the hexadecimal digits of their hashes: a batch that was loaded before, and of which only the output is
   * made again, has them already. Any other is given new ones.
   */
  readonly replacements?: ReadonlyMap<string, string>;
  /** Works on these records only and writes nothing. */
  readonly probe: OrdinalRange | null;
}

/** How many of a batch's records became rows, and how many were rejected. */
export interface TransformCounts {
  readonly accepted: number;
  readonly rejected: number;
  /** What has changed, where the batch is kept out for it. */
  readonly frozen?: SchemaReport;
}

/** What a thread is given when it starts. */
export interface ThreadData {
  /** DATA_DIR. */
  readonly dataFolder: string;
  /** Whether the group of the service's user may read what is staged. */
  readonly isGroupReadable: boolean;
  /** The keyring as `parseKeyring` reads it. */
  readonly keyring: string;
  readonly policy: Policy;
  readonly schemaMode: SchemaMode;
  readonly refundMode: RefundMode;
  /** Arrays and objects within each other that a record may have. */
  readonly maxNesting: number;
  /** One number: the ordinal of the record at work, or `NO_RECORD`. Whoever waits for the thread reads it there. */
  readonly progress: Int32Array;
}

export const NO_RECORD = -1;

/** What a thread is asked. */
export interface ThreadRequest {
  readonly work: BatchWork;
  /** The suppression list that the batch is masked under. */
  readonly epoch: number;
  /** Its identifiers; null when the thread has been told of this epoch before. */
  readonly identifiers: readonly SuppressedIdentifier[] | null;
}

/** What a thread answers. A failure that is no record's (of reading and writing) is carried over as it is. */
export type ThreadAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly counts: TransformCounts }
  | {
      readonly kind: "failed";
      readonly cause: "stack" | "unexpected";
      readonly at: number;
      readonly where: string | null;
    }
  | { readonly kind: "error"; readonly error: CarriedError };
