import type { DatasetName } from "./datasets.js";
import type { QuestionKind } from "./questions.js";
import type { RejectReason } from "./reject-reasons.js";

/** A rejected record as the transformer and the loader stage it for `ledger.quarantine`. */
export interface QuarantineRow {
  readonly dataset: DatasetName;
  readonly reason: RejectReason;
  readonly runId: string;
  readonly batchId: string;
  readonly fileId: number;
  /** The record's line in its file, from 1. */
  readonly line: number;
  /** JSON pointer (RFC 6901) to the field that is wrong. */
  readonly pointer: string | null;
  readonly message: string;
  /** The customer id or sku that is not in the warehouse. */
  readonly missingKey: string | null;
  readonly payload: string;
  readonly payloadEncoding: "utf8" | "base64";
  /** The data subject, as far as it is known and may be kept. */
  readonly subjectCustomerId: string | null;
  readonly subjectEmail: string | null;
  /** The quarantined record that a replay has rejected again; null outside of a replay. */
  readonly quarantineId: number | null;
  /** What a person must decide about the record; null where there is no question. */
  readonly question: QuestionKind | null;
  /** The subject or question that holds the record; the erased subject where `question` is a new one. */
  readonly heldFor: string | null;
}

/** A staged row's fields in the order of its columns, with each column's name and type. */
export const QUARANTINE_ROW_COLUMNS = {
  dataset: ["dataset", "text"],
  reason: ["reason", "text"],
  runId: ["run_id", "uuid"],
  batchId: ["batch_id", "uuid"],
  fileId: ["file_id", "bigint"],
  line: ["line", "bigint"],
  pointer: ["pointer", "text"],
  message: ["message", "text"],
  missingKey: ["missing_key", "text"],
  payload: ["payload", "text"],
  payloadEncoding: ["payload_encoding", "text"],
  subjectCustomerId: ["subject_customer_id", "text"],
  subjectEmail: ["subject_email", "text"],
  quarantineId: ["quarantine_id", "bigint"],
  question: ["question", "text"],
  heldFor: ["held_for", "uuid"],
} as const satisfies Record<keyof QuarantineRow, readonly [name: string, type: string]>;
