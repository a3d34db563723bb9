import type { DatasetName } from "@lethe/contracts/datasets";
import type { RejectReason } from "@lethe/contracts/reject-reasons";
import type { MaskRecordStrategies } from "@lethe/privacy/mask-record";
import type { MaskingStrategy } from "@lethe/privacy/mask-value";
import type { PrivacyKey } from "@lethe/privacy/privacy-key";
import type { RecordShape } from "./record-shape.js";

/** Everything that the services know of one dataset. Services handle all datasets alike through this. */
export interface Dataset {
  readonly name: DatasetName;
  /** Every field of the input by path, with the strategies that it can bear; the policy must name each. */
  readonly fields: Readonly<Record<string, readonly MaskingStrategy[]>>;
  /** Whether rows hold people, so that a batch masked under an older suppression epoch must not be loaded. */
  readonly fenced: boolean;
  /** Reasons under which a rejected record is kept masked even if its person is not suppressed. */
  readonly maskedReasons: readonly RejectReason[];
  /** The fields of the schema, to say how a record differs from them. */
  readonly shape: RecordShape;
  /** Creates a record of a CSV row, whose fields are all texts; what cannot be coerced stays text and fails the check. */
  fromCsv(row: Readonly<Record<string, string>>): unknown;
  /** Whose record it is, read from a record that may be of any form. */
  subjectOf(record: unknown): Subject;
  /** Holds a parsed record against the schema; undefined when it fits. */
  check(record: unknown): Rejection | undefined;
  /**
   * Records of a batch with the same identity are one record; null where several versions of a record are welcome.
   * The record has passed `check`.
   */
  identityOf(record: unknown): string | null;
  /**
   * Cleans a record that passed `check` (or is such a record masked) and writes its rows, in COPY text format, to the
   * sinks of `stagingTables`, in their order. Returns the cleaned record's JSON text as `processed_data/` holds it, or a
   * rejection, in which case nothing was written.
   */
  accept(record: unknown, place: RecordPlace, sinks: readonly RowSink[], key: PrivacyKey): AcceptResult;
  /** Masks a record in the form in which `processed_data/` holds it. */
  maskProcessed(record: unknown, strategies: MaskRecordStrategies, key: PrivacyKey): unknown;
  readonly stagingTables: readonly StagingTable[];
  readonly merge: Merge;
}

export interface Subject {
  readonly customerId: string | null;
  readonly email: string | null;
}

export interface Rejection {
  readonly reason: RejectReason;
  /** JSON pointer (RFC 6901) to the field. */
  readonly pointer: string | null;
  /** For people; holds no value of the record. */
  readonly message: string;
  /** The customer id or sku that is not there. */
  readonly missingKey: string | null;
}

export interface RecordPlace {
  /** The line's number in its batch, from 0. */
  readonly ordinal: number;
  readonly fileId: number;
  /** ISO 8601, UTC. */
  readonly partitionStart: string;
  /** Whether the record is of a suppressed person and was masked. */
  readonly masked: boolean;
}

export interface RowSink {
  append(rows: string): void;
}

export type AcceptResult = { readonly rejection: Rejection } | { readonly processed: string };

/**
 * A temporary table that batches' rows are copied into before they are merged. Its first column is `ordinal`, the record's
 * number in its batch; which of the batches that is, says one more column, `part`, which fills itself.
 */
export interface StagingTable {
  readonly name: string;
  readonly columns: readonly (readonly [name: string, type: string])[];
}

/**
 * How staged rows come into the warehouse: set-based statements that run in this order in one transaction. Each finds
 * the staging tables filled, and `stage_rejects (ordinal, reason, missing_key, part)`.
 */
export interface Merge {
  /** Batches of a run that may be merged in one go. Where it is 1, `part` need not be looked at. */
  readonly batchesAtOnce: number;
  /** Creates the staging tables, where they do not belong to whoever loads. */
  readonly openStage: string | null;
  /** Taken before anything is read, where two batches must not merge at once. */
  readonly lock: string | null;
  /** Fill `stage_rejects`; the first reason that is found for a record stands. What is taken may come into the warehouse here. */
  readonly findRejects: readonly string[];
  /** Run with staged rows and rejects in a transaction of its own that commits before the load's. */
  readonly before: readonly string[];
  /** Bring the rows that are not in `stage_rejects` into the warehouse. */
  readonly apply: readonly string[];
  /** Condition on quarantine row `q`: what it waited for has arrived. */
  readonly missingKeyArrived: string;
}

/** Where no record of a dataset ever waits for another. */
export const NOTHING_TO_WAIT_FOR = "false";
