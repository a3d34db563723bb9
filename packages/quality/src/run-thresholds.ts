import Type, { type Static } from "typebox";

const Percent = Type.Number({ exclusiveMinimum: 0, maximum: 100 });
const Rows = Type.Integer({ minimum: 1 });
const Never = Type.Literal("never");

/** A threshold: reached by a share of the run's records, or by a number of them. */
const ThresholdSchema = Type.Union([
  Never,
  Type.Object(
    { percent: Type.Optional(Percent), rows: Type.Optional(Rows) },
    { additionalProperties: false, minProperties: 1 },
  ),
]);
export type Threshold = Static<typeof ThresholdSchema>;

const LimitsSchema = Type.Object(
  {
    warn: Type.Optional(ThresholdSchema),
    fail: Type.Optional(ThresholdSchema),
    /** A run with fewer records reaches no share. */
    minRows: Type.Optional(Rows),
  },
  { additionalProperties: false },
);

/** The thresholds of a dataset as the checks file states them. */
export const ThresholdsSchema = Type.Object(
  { rejects: Type.Optional(LimitsSchema), lateReferences: Type.Optional(LimitsSchema) },
  { additionalProperties: false },
);

export interface Limits {
  readonly warn: Threshold;
  readonly fail: Threshold;
  readonly minRows: number;
}

/** The thresholds of a dataset: of records that are at fault, and of those that wait for a customer or a product. */
export interface RunThresholds {
  readonly rejects: Limits;
  readonly lateReferences: Limits;
}

const MIN_ROWS = 20;

/** Without a file. What waits for a customer or product is loaded by itself when that comes, so it fails no run. */
const DEFAULT_THRESHOLDS: RunThresholds = {
  rejects: { warn: { percent: 10 }, fail: { percent: 50 }, minRows: MIN_ROWS },
  lateReferences: { warn: { percent: 10 }, fail: "never", minRows: MIN_ROWS },
};

/** Returns the thresholds of a dataset: those that are stated, and the defaults for the others. */
export function thresholdsOf(stated: Static<typeof ThresholdsSchema> = {}): RunThresholds {
  return {
    rejects: { ...DEFAULT_THRESHOLDS.rejects, ...stated.rejects },
    lateReferences: { ...DEFAULT_THRESHOLDS.lateReferences, ...stated.lateReferences },
  };
}
