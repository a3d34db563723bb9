import Type, { type Static } from "typebox";
import { type DatasetName, DatasetNameSchema } from "./datasets.js";
import { REJECT_REASON_NAMES, type RejectReason } from "./reject-reasons.js";

/**
 * - `open`: waits for a replay or a person;
 * - `replayed`: it was loaded later;
 * - `discarded`: a person decided that it stays out;
 * - `erased`: its person asked to be forgotten, the payload is masked.
 */
export const QUARANTINE_STATUSES = ["open", "replayed", "discarded", "erased"] as const;
export type QuarantineStatus = (typeof QUARANTINE_STATUSES)[number];

export const RejectReasonSchema = Type.Enum(REJECT_REASON_NAMES);

/** A quarantined record as lists show it: where it stood and why it is here, never the record itself. */
export const QuarantineEntrySchema = Type.Object(
  {
    id: Type.Integer(),
    dataset: DatasetNameSchema,
    reason: RejectReasonSchema,
    status: Type.Enum(QUARANTINE_STATUSES),
    file: Type.String(),
    line: Type.Union([Type.Integer(), Type.Null()]),
    pointer: Type.Union([Type.String(), Type.Null()]),
    message: Type.String(),
    runId: Type.String({ format: "uuid" }),
    createdAt: Type.String({ format: "date-time" }),
  },
  { $id: "QuarantineEntry" },
);
export type QuarantineEntry = Static<typeof QuarantineEntrySchema>;

/** Which quarantined records a list or a replay means; fields that are missing do not narrow. */
export interface QuarantineFilter {
  readonly dataset?: DatasetName;
  readonly reason?: RejectReason;
  readonly runId?: string;
}
