import Type, { type Static } from "typebox";
import { CHECK_METRIC_NAMES, CHECK_UNITS } from "./checks.js";
import { DatasetNameSchema } from "./datasets.js";

/** What is measured of each partition, and in which unit. Of those that checks have, a share is one of the records that came. */
export const SERIES_METRICS = {
  rowCount: { unit: "rows", of: "dataset" },
  rejectedRows: { unit: "percent", of: "dataset" },
  duplicateValues: { unit: "percent", of: "dataset" },
  invalidValues: { unit: "percent", of: "both" },
  nullValues: { unit: "percent", of: "property" },
  missingValues: { unit: "percent", of: "property" },
  arrivalDelay: { unit: "hours", of: "dataset" },
} as const;
export type SeriesMetric = keyof typeof SERIES_METRICS;
export const SERIES_METRIC_NAMES = Object.keys(SERIES_METRICS) as SeriesMetric[];

const Bound = Type.Array(Type.Union([Type.Number(), Type.Null()]));

/** A metric over time in columns: the n-th entry of each is of the n-th hour. */
export const QualitySeriesSchema = Type.Object(
  {
    dataset: DatasetNameSchema,
    metric: Type.Enum(SERIES_METRIC_NAMES),
    property: Type.Union([Type.String(), Type.Null()]),
    unit: Type.Enum(CHECK_UNITS),
    hours: Type.Array(Type.Integer(), {
      description: "Hours since 1970-01-01T00, each that of its partition's name, in their order.",
    }),
    values: Type.Array(Type.Number()),
    /** The bounds that the partition's check set when it was judged; null where there was none, and for results that are forgotten. */
    least: Bound,
    most: Bound,
    failed: Type.Array(Type.Integer(), { description: "Those of the hours that do not pass the check; not a column." }),
  },
  { $id: "QualitySeries" },
);
export type QualitySeries = Static<typeof QualitySeriesSchema>;

/** What is asked of a dataset's data. */
export const DeclaredChecksSchema = Type.Object(
  {
    dataset: DatasetNameSchema,
    /** The declared fields of its records, of which there are measures. */
    properties: Type.Array(Type.String()),
    /** Whether what the checks file does not state is learnt from earlier partitions. */
    learn: Type.Boolean(),
    /** The checks that the checks file states. */
    checks: Type.Array(
      Type.Object({
        check: Type.String(),
        metric: Type.Enum(CHECK_METRIC_NAMES),
        property: Type.Union([Type.String(), Type.Null()]),
        unit: Type.Enum(CHECK_UNITS),
        condition: Type.String(),
      }),
    ),
    /** Where it is known which partitions are expected, and when. */
    expected: Type.Enum(["never", "stated", "learnt"]),
  },
  { $id: "DeclaredChecks" },
);
export type DeclaredChecks = Static<typeof DeclaredChecksSchema>;
