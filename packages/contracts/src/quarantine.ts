import Type, { type Static } from "typebox";
import { type DatasetName, DatasetNameSchema } from "./datasets.js";
import { REJECT_REASON_NAMES, type RejectReason } from "./reject-reasons.js";

/**
 * - `open`: the record waits for a replay or for a person's decision;
 * - `replayed`: a replay has loaded it;
 * - `discarded`: a person has decided not to load it;
 * - `superseded`: a correction of it stands in quarantine, or its record was delivered again later, and loaded;
 * - `erased`: its data subject was erased, and its payload is masked.
 */
export const QUARANTINE_STATUSES = ["open", "replayed", "discarded", "superseded", "erased"] as const;
export type QuarantineStatus = (typeof QUARANTINE_STATUSES)[number];

export const RejectReasonSchema = Type.Enum(REJECT_REASON_NAMES);

/** Stands for a customer's id where it is not shown. */
export const MASKED_KEY = "******";

/** Returns what a message says of the key that is missing, which may be masked; undefined where none is. */
export function explainMissingKey(reason: RejectReason, key: string | null): string | undefined {
  if (key === null) return undefined;
  if (reason === "unknown_customer") return `The customer ${key} is not in the warehouse yet.`;
  if (reason === "unknown_sku") return `The product ${key} of the purchase is not in the warehouse yet.`;
  return undefined;
}

/** A quarantined record in a list: its place and its reason, never the record itself. */
export const QuarantineEntrySchema = Type.Object(
  {
    id: Type.Integer(),
    dataset: DatasetNameSchema,
    reason: RejectReasonSchema,
    status: Type.Enum(QUARANTINE_STATUSES),
    file: Type.String(),
    fileId: Type.Integer({ description: "The file's number in the ledger" }),
    line: Type.Union([Type.Integer(), Type.Null()]),
    pointer: Type.Union([Type.String(), Type.Null()]),
    message: Type.String(),
    missingKey: Type.Union([Type.String(), Type.Null()], {
      description: `The sku that the record waits for, or \`${MASKED_KEY}\` for a customer's id`,
    }),
    runId: Type.String({ format: "uuid" }),
    createdAt: Type.String({ format: "date-time" }),
  },
  { $id: "QuarantineEntry" },
);
export type QuarantineEntry = Static<typeof QuarantineEntrySchema>;

/** One quarantined record, and what was decided about it. */
export const QuarantineRecordSchema = Type.Object(
  {
    ...QuarantineEntrySchema.properties,
    missingKey: Type.Union([Type.String(), Type.Null()], {
      description:
        "The sku or the customer's id that the record waits for; an id is masked unless the role sees personal data",
    }),
    resolvedAt: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
    corrects: Type.Union([Type.Integer(), Type.Null()], { description: "The record that this one is a correction of" }),
    correctedBy: Type.Union([Type.Integer(), Type.Null()], { description: "The correction that has taken its place" }),
    record: Type.Union([Type.String(), Type.Null()], {
      description:
        "The record's text, as it was sent or corrected, or as an erasure has left it; null for a whole file",
    }),
    isMasked: Type.Boolean({ description: "Whether the role does not see personal data, so that `record` is masked" }),
    acts: Type.Array(
      Type.Object({
        act: Type.String(),
        by: Type.String(),
        at: Type.String({ format: "date-time" }),
        reason: Type.Union([Type.String(), Type.Null()]),
      }),
      { description: "Who looked at it, corrected, discarded or decided on it" },
    ),
  },
  { $id: "QuarantineRecord" },
);
export type QuarantineRecord = Static<typeof QuarantineRecordSchema>;

/** Selects quarantined records. A missing field does not narrow the selection. */
export interface QuarantineFilter {
  readonly dataset?: DatasetName;
  readonly reason?: RejectReason;
  /** The run that rejected them. */
  readonly runId?: string;
  /** The number of their file in the ledger. */
  readonly fileId?: number;
  /** The partition of their file, `YYYY-MM-DD` or `YYYY-MM-DDTHH`. */
  readonly partition?: string;
  /** These records alone. */
  readonly ids?: readonly number[];
  /** The greatest id, by which a limit is kept that was set on a selection. */
  readonly upTo?: number;
}

const Count = Type.Integer({ minimum: 0 });

/** What a replay of a dataset's quarantined records would come to, if it began now. */
export const ReplayPlanSchema = Type.Object(
  {
    job: DatasetNameSchema,
    /** The run that has found it out; null where there is nothing to replay. */
    runId: Type.Union([Type.String({ format: "uuid" }), Type.Null()]),
    /** Records that it would try, the oldest of those that are meant. */
    takes: Count,
    /** Those beyond the limit, at which the plan has not looked. */
    leaves: Count,
    loads: Count,
    rejects: Count,
    rejectedByReason: Type.Record(Type.String(), Count),
  },
  { $id: "ReplayPlan" },
);
export type ReplayPlan = Static<typeof ReplayPlanSchema>;
