import Type, { type Static } from "typebox";
import { DatasetNameSchema } from "./datasets.js";

/** What gave up: `extract` and `finish` end their run, `transform` and `load` one batch of it. */
export const DEAD_LETTER_STAGES = ["extract", "transform", "load", "finish"] as const;
export type DeadLetterStage = (typeof DEAD_LETTER_STAGES)[number];

/**
 * - `open`: a replay takes it up;
 * - `overtaken`: later runs have taken up what its run left, so there is nothing to replay any more.
 */
export const DEAD_LETTER_STATUSES = ["open", "overtaken"] as const;
export type DeadLetterStatus = (typeof DEAD_LETTER_STATUSES)[number];

/** A job that gave up for good, as the ledger holds it. It names places and codes, never a record. */
export const DeadLetterSchema = Type.Object(
  {
    /** The batch's id, or the run's where the run as a whole gave up. */
    id: Type.String({ format: "uuid" }),
    stage: Type.Enum(DEAD_LETTER_STAGES),
    status: Type.Enum(DEAD_LETTER_STATUSES),
    job: DatasetNameSchema,
    runId: Type.String({ format: "uuid" }),
    batchId: Type.Union([Type.String({ format: "uuid" }), Type.Null()]),
    code: Type.String(),
    message: Type.String(),
    /** Records and bytes of the batch; null where the run as a whole gave up. */
    records: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    bytes: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    failedAt: Type.String({ format: "date-time" }),
  },
  { $id: "DeadLetter" },
);
export type DeadLetter = Static<typeof DeadLetterSchema>;
