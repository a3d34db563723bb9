import type { StagingTable, TableDeclaration } from "@lethe/contracts/data-map";
import type { DatasetName } from "@lethe/contracts/datasets";
import type { RecordWarning } from "@lethe/contracts/record-warnings";
import type { RejectReason } from "@lethe/contracts/reject-reasons";
import type { PrivacyKey } from "@lethe/privacy/privacy-key";
import type { TObject } from "typebox";
import type { FieldDeclaration } from "./field.js";
import type { Masking } from "./masking.js";
import type { RecordShape } from "./record-shape.js";

/**
 * Everything that Lethe knows of one dataset, as `defineDataset` makes it. Services, erasure, command line and tests handle
 * all datasets alike through this.
 */
export interface Dataset {
  readonly name: DatasetName;
  /** What its records are, in a few words for help texts and the API's description. */
  readonly description: string;
  /** The cron pattern that a new installation starts with. */
  readonly schedule: string;
  /** The datasets whose records this one's refer to: a full load runs them first. */
  readonly runsAfter: readonly DatasetName[];
  /** The version of its contract with those who send and use it. */
  readonly version: string;
  /** What an input record must be. */
  readonly contract: TObject;
  /** Every field of the input by path. */
  readonly fields: Readonly<Record<string, FieldDeclaration>>;
  /** The fields that make up a person's full name, in their order; none where the dataset has no names. */
  readonly nameFields: readonly string[];
  /** Whether rows hold people, so that a batch masked under an older suppression epoch must not be loaded. */
  readonly fenced: boolean;
  /** Reasons under which a rejected record is kept masked even if its person is not suppressed. */
  readonly maskedReasons: readonly RejectReason[];
  /** The fields of the schema, to say how a record differs from them. */
  readonly shape: RecordShape;
  /** The columns of its CSV files. */
  readonly csv: CsvForm;
  /** Creates a record of a CSV row, whose fields are all texts; what cannot be coerced stays text and fails the check. */
  fromCsv(row: Readonly<Record<string, string>>): unknown;
  /** Describes what is wrong with a record of a CSV row in the words of whoever works with spreadsheets, where they explain it. */
  explainCsv(record: unknown, rejection: Rejection): Rejection;
  /** Reads whose record it is; the record may be of any form. */
  subjectOf(record: unknown): Subject;
  /** Holds a parsed record against the schema; undefined when it fits. */
  check(record: unknown): Rejection | undefined;
  /**
   * Records of a batch with the same identity are one record: it is all that they hold. Null for any other record, on which
   * the merge decides, since an earlier one with its id may not be taken. The record has passed `check`.
   */
  identityOf(record: unknown): string | null;
  /**
   * Cleans a record that passed `check` (or is such a record masked) and writes its rows, in COPY text format, to the
   * sinks of `stagingTables`, in their order. Returns the cleaned record's JSON text as `processed_data/` holds it, or a
   * rejection, in which case nothing was written.
   */
  accept(record: unknown, place: RecordPlace, sinks: readonly RowSink[], key: PrivacyKey): AcceptResult;
  /** Masks an input record of any form. What the schema does not know is dropped, at any depth. */
  mask(record: unknown, masking: Masking): unknown;
  /**
   * Masks a record in the form in which `processed_data/` holds it; a field that no declaration covers is dropped. Returns
   * null for a record of which nothing may be left there.
   */
  maskProcessed(record: unknown, masking: Masking): unknown;
  /**
   * Returns the keyed hash of a record's own id, by which a record that was erased is known again; null for a record that
   * has none, and in a dataset that declares none.
   */
  recordHash(record: unknown, key: PrivacyKey): Buffer | null;
  /** Returns the same hash of an id that is given by itself. */
  hashRecordId(id: string, key: PrivacyKey): Buffer;
  /** Returns a record's own id in its canonical form; null as `recordHash`. */
  recordIdOf(record: unknown): string | null;
  /**
   * SQL that folds records into anonymous sums and deletes them, for the outcome `aggregate`; $1 are their ids. Null where
   * the dataset has no sums: then `aggregate` leaves what `unlink` leaves.
   */
  readonly fold: readonly string[] | null;
  /** Whether one of its tables says who there is. */
  readonly registersSubjects: boolean;
  /** What the outcomes `unlink` and `aggregate` leave of an input record that must not count again. */
  readonly emptied: Readonly<Record<string, unknown>>;
  /** Reports whether an input record is an emptied one. */
  isEmptied(record: unknown): boolean;
  readonly stagingTables: readonly StagingTable[];
  readonly merge: Merge;
  /** The tables that the merge writes, with every column declared. */
  readonly tables: readonly TableDeclaration[];
  /** Returns a valid record of a data subject, in which every field about a person holds one of the subject's own values. */
  sample(subject: SampleSubject): unknown;
  /** Set for the one dataset whose records ask for a person to be erased. */
  readonly erasure?: ErasureRequests;
}

/** What a dataset's CSV files look like. All are names of columns, which are those of the record's own fields. */
export interface CsvForm {
  readonly columns: readonly string[];
  readonly required: readonly string[];
  /** The columns of numbers that may have decimals. */
  readonly decimals: readonly string[];
}

/** A made-up data subject, for tests and examples. */
export interface SampleSubject {
  readonly customerId: string;
  readonly email: string;
  /** Returns a text that occurs nowhere else, for a field of free text. */
  word(field: string): string;
}

/** How a dataset's records become erasures. */
export interface ErasureRequests {
  /** SQL over the dataset's staging tables: the batch's requests, as `ordinal, customerId, email, requestedAt, fileId`. */
  readonly selectStaged: string;
  /** Returns the input record of a request. */
  toRecord(customerId: string, email: string): Readonly<Record<string, string>>;
  /** A request that names nobody: what is left of one that a person has turned down. */
  readonly maskedRecord: unknown;
}

export interface Subject {
  readonly customerId: string | null;
  readonly email: string | null;
  /** The cleaned full name; null where the record has none, or its dataset has no names. */
  readonly name: string | null;
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
  /** Its number in the file, from 1. */
  readonly line: number;
  /** ISO 8601, UTC. */
  readonly partitionStart: string;
  /** Whether the record is of a suppressed person and was masked. */
  readonly masked: boolean;
  /** Set for a record that counts once and whose person is, or was, suppressed. */
  readonly erased?: ErasedRecord;
}

/** By what a record of a suppressed person is known again. */
export interface ErasedRecord {
  readonly recordHash: Buffer;
  /** The id of the key that the hash was made with. */
  readonly keyId: string;
  /** The record's own id. It is staged, to be looked up, and not kept. */
  readonly originalId: string;
  /** Whether it is to be folded into anonymous sums. */
  readonly isFolded: boolean;
}

export interface RowSink {
  append(rows: string): void;
}

export type AcceptResult =
  | { readonly rejection: Rejection }
  | { readonly processed: string; readonly warnings?: readonly RecordWarning[] };

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
  /** Bring the rows that are not in `stage_rejects` into the warehouse. */
  readonly apply: readonly string[];
  /** Condition on quarantine row `q`: what it waited for has arrived. Null where no record of the dataset waits for another. */
  readonly missingKeyArrived: string | null;
  /** How a record that was delivered again is known. Null where a record that was rejected is never replaced by a later one. */
  readonly redelivery: Redelivery | null;
}

/** By what a quarantined record is known to have been delivered again, and loaded. */
export interface Redelivery {
  /** The field of the input that holds a record's own id. */
  readonly idField: string;
  /**
   * SQL condition on quarantine row `q` of file `f`, whose record has the text `k.id` as its id: a file that was delivered after `f` has
   * brought a record of this id that is, or was, in the warehouse.
   */
  readonly isLoaded: string;
}
