import Type, { type Static } from "typebox";
import { DatasetNameSchema } from "./datasets.js";

/** The stage that failed for good: `extract` and `finish` fail their run, `transform` and `load` one batch of it. */
export const DEAD_LETTER_STAGES = ["extract", "transform", "load", "finish"] as const;
export type DeadLetterStage = (typeof DEAD_LETTER_STAGES)[number];

/**
 * - `open`: somebody has to see to it, and it can be replayed;
 * - `overtaken`: later runs have taken up what its run left undone, so there is nothing to replay. It is closed when they have
 *   finished that.
 */
export const DEAD_LETTER_STATUSES = ["open", "overtaken"] as const;
export type DeadLetterStatus = (typeof DEAD_LETTER_STATUSES)[number];

/** A job that failed for good, as the ledger records it. It names places and codes, never a record. */
export const DeadLetterSchema = Type.Object(
  {
    /** The id of the batch, or of the run where the run as a whole failed. */
    id: Type.String({ format: "uuid" }),
    stage: Type.Enum(DEAD_LETTER_STAGES),
    status: Type.Enum(DEAD_LETTER_STATUSES),
    job: DatasetNameSchema,
    runId: Type.String({ format: "uuid" }),
    batchId: Type.Union([Type.String({ format: "uuid" }), Type.Null()]),
    code: Type.String(),
    message: Type.String(),
    /** The size of the batch; null where the run as a whole failed. */
    records: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    bytes: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    failedAt: Type.String({ format: "date-time" }),
  },
  { $id: "DeadLetter" },
);
export type DeadLetter = Static<typeof DeadLetterSchema>;
