import Type, { type Static } from "typebox";
import { DatasetNameSchema } from "./datasets.js";

/** What checks measure: the metrics of the Open Data Contract Standard 3.1, and how old the newest partition is. */
export const CHECK_METRICS = {
  rowCount: "Records that came.",
  nullValues: "Records whose field is null or not there.",
  missingValues: "Records whose field is null, not there or blank.",
  invalidValues: "Records that were rejected as at fault; of a field: because of that field.",
  duplicateValues: "Records that were rejected since they had been loaded before.",
  freshness: "Hours since the end of the newest partition that has come.",
} as const;
export type CheckMetric = keyof typeof CHECK_METRICS;
export const CHECK_METRIC_NAMES = Object.keys(CHECK_METRICS) as CheckMetric[];

export const CHECK_UNITS = ["rows", "percent", "hours"] as const;
export type CheckUnit = (typeof CHECK_UNITS)[number];

export const CHECK_OUTCOMES = ["passed", "failed"] as const;
export type CheckOutcomeName = (typeof CHECK_OUTCOMES)[number];

/** What a partition was found to be when it was held against a check. */
export interface CheckFinding {
  readonly check: string;
  readonly metric: CheckMetric;
  readonly property: string | null;
  readonly unit: CheckUnit;
  readonly value: number;
  readonly condition: string;
  /** The bounds that the condition sets, in the check's unit; null where it sets none. */
  readonly least: number | null;
  readonly most: number | null;
  readonly learnt: boolean;
  readonly passed: boolean;
}

/** What is known of the records of a partition: numbers by names of declared fields, and no value. */
export interface PartitionCounts {
  readonly rows: number;
  readonly duplicates: number;
  /** Rejected as at fault. */
  readonly faults: number;
  /** By field: of the faults, those that are of this field. */
  readonly faultsOf: Readonly<Record<string, number>>;
  /** By field: null or not there; and those that are blank besides. */
  readonly nulls: Readonly<Record<string, number>>;
  readonly missing: Readonly<Record<string, number>>;
  /** The causes for which the partition was found wrong, where it was judged. */
  readonly failed: readonly string[];
}

const Timestamp = Type.String({ format: "date-time" });
const PartitionName = Type.String({ description: "`YYYY-MM-DDTHH`" });

/** How a partition has passed a check when it was last judged. It holds numbers and names of declared fields. */
export const CheckResultSchema = Type.Object(
  {
    id: Type.Integer(),
    dataset: DatasetNameSchema,
    partition: PartitionName,
    /** `rowCount`, `email.nullValues`, or the id that the checks file gives. */
    check: Type.String(),
    metric: Type.Enum(CHECK_METRIC_NAMES),
    property: Type.Union([Type.String(), Type.Null()]),
    unit: Type.Enum(CHECK_UNITS),
    value: Type.Number(),
    /** `must be less than 5`, in the check's unit. */
    condition: Type.String(),
    /** Whether the condition was learnt from earlier partitions, or else stands in the checks file. */
    learnt: Type.Boolean(),
    passed: Type.Boolean(),
    judgedAt: Timestamp,
  },
  { $id: "CheckResult" },
);
export type CheckResult = Static<typeof CheckResultSchema>;

/**
 * - `quality`: partitions do not pass a check;
 * - `arrival`: partitions that were expected have not come;
 * - `freshness`: the newest partition is older than the checks file allows;
 * - `schedule`: Lethe's own schedule of the job does not fire;
 * - `run`: a run failed because too many of its records could not be loaded.
 */
export const ALERT_KINDS = ["quality", "arrival", "freshness", "schedule", "run"] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/**
 * How an alert was closed: `recovered`, what was wrong is right again; `arrived`, all that had not come has; `given_up`, it has not come
 * for so long that nobody waits for it any more; `dismissed`, by a person.
 */
export const ALERT_RESOLUTIONS = ["recovered", "arrived", "given_up", "dismissed"] as const;
export type AlertResolution = (typeof ALERT_RESOLUTIONS)[number];

export const ALERT_STATES = ["open", "closed"] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** `late` from its deadline on, `missing` from a second one on; then it `arrived`, or was `given_up`. */
export const LATE_STATES = ["late", "missing", "arrived", "given_up"] as const;
export type LateState = (typeof LATE_STATES)[number];

/** A cause that somebody is told of once when it comes up, and once when it is over. */
export const AlertSchema = Type.Object(
  {
    id: Type.String({ format: "uuid" }),
    dataset: DatasetNameSchema,
    kind: Type.Enum(ALERT_KINDS),
    /** Names the cause: of a dataset, no two open alerts have the same. */
    cause: Type.String(),
    state: Type.Enum(ALERT_STATES),
    resolution: Type.Union([Type.Enum(ALERT_RESOLUTIONS), Type.Null()]),
    message: Type.String(),
    /** The first and the last partition that it is about; null where it is about none. */
    firstPartition: Type.Union([PartitionName, Type.Null()]),
    lastPartition: Type.Union([PartitionName, Type.Null()]),
    /** Of an alert of kind `arrival`: how many of its partitions are late, and how many missing, now. */
    late: Type.Integer({ minimum: 0 }),
    missing: Type.Integer({ minimum: 0 }),
    openedAt: Timestamp,
    closedAt: Type.Union([Timestamp, Type.Null()]),
    /** Who has dismissed it. */
    closedBy: Type.Union([Type.String(), Type.Null()]),
    /** When the messages about its opening and its end were put into the webhook's outbox; null without a webhook, and until then. */
    openingToldAt: Type.Union([Timestamp, Type.Null()]),
    closingToldAt: Type.Union([Timestamp, Type.Null()]),
  },
  { $id: "Alert" },
);
export type Alert = Static<typeof AlertSchema>;

/** The messages of a webhook about alerts, as Standard Webhooks lays them out. */
export interface AlertMessage {
  readonly type: "alert.opened" | "alert.closed";
  readonly timestamp: string;
  readonly data: Omit<Alert, "closedBy" | "openingToldAt" | "closingToldAt">;
}
