import Type, { type Static } from "typebox";
import { type DatasetName, DatasetNameSchema } from "./datasets.js";
import { REJECT_REASON_NAMES, type RejectReason } from "./reject-reasons.js";

/**
 * - `open`: the record waits for a replay or for a person's decision;
 * - `replayed`: a replay has loaded it;
 * - `discarded`: a person has decided not to load it;
 * - `erased`: its data subject was erased, and its payload is masked.
 */
export const QUARANTINE_STATUSES = ["open", "replayed", "discarded", "erased"] as const;
export type QuarantineStatus = (typeof QUARANTINE_STATUSES)[number];

export const RejectReasonSchema = Type.Enum(REJECT_REASON_NAMES);

/** A quarantined record in a list: its place and its reason, never the record itself. */
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

/** Selects quarantined records for a list or a replay. A missing field does not narrow the selection. */
export interface QuarantineFilter {
  readonly dataset?: DatasetName;
  readonly reason?: RejectReason;
  readonly runId?: string;
}
