import Type, { type Static } from "typebox";
import type { ALERT_KINDS } from "./checks.js";
import { DatasetNameSchema } from "./datasets.js";
import type { Run } from "./runs.js";
import type { Schedule } from "./schedules.js";

const Count = Type.Integer({ minimum: 0 });
const Timestamp = Type.String({ format: "date-time" });
const PartitionName = Type.String({ description: "`YYYY-MM-DDTHH`" });

/** Whether a dataset has what is expected of it by now. */
const FreshnessSchema = Type.Object({
  /** The newest partition of which anything has come. */
  newestPartition: Type.Union([PartitionName, Type.Null()]),
  /** When its last file was loaded, published and archived. */
  lastLoadedAt: Type.Union([Timestamp, Type.Null()]),
  /** The partition that is waited for: the first one that is late, or else the next one that is expected. */
  nextPartition: Type.Union([PartitionName, Type.Null()]),
  /** By when that one is due; null where nothing is expected, as before enough has come to learn from. */
  deadline: Type.Union([Timestamp, Type.Null()]),
  late: Type.Boolean(),
  /** How many partitions are past their first deadline, and how many past their second one. */
  latePartitions: Count,
  missingPartitions: Count,
});

/** What waits for somebody, in the order of its weight. */
export const NEEDS = {
  requests_overdue: "Requests to be forgotten whose legal term has ended.",
  requests_due_soon: "Requests to be forgotten whose legal term ends within a week.",
  failed_runs: "Runs that failed, and that no later run of the same job has made good.",
  dead_letters: "Work that gave up for good and can be tried again.",
  arrival_alerts: "Alerts about partitions that have not come.",
  freshness_alerts: "Alerts about datasets that are older than they may be.",
  quality_alerts: "Alerts about partitions that do not pass a check.",
  run_alerts: "Alerts about runs of which too many records could not be loaded.",
  schedule_alerts: "Alerts about schedules that do not fire.",
  not_taken: "Entries of landing that the job's last run could not take.",
  requests: "Requests to be forgotten that wait for a person.",
  questions: "Questions whose records are held until a person has decided.",
  findings: "Places where others' records mention erased people.",
} as const satisfies Record<string, string> & Record<`${(typeof ALERT_KINDS)[number]}_alerts`, string>;
export type Need = keyof typeof NEEDS;
export const NEED_NAMES = Object.keys(NEEDS) as Need[];

/** Something that waits for somebody. */
const NeedSchema = Type.Object({
  what: Type.Enum(NEED_NAMES),
  /** Null for what is of no dataset, or of all of them. */
  dataset: Type.Union([DatasetNameSchema, Type.Null()]),
  count: Count,
  /** The address of the API that lists them. */
  list: Type.String(),
});

/** How things stand: the jobs, and what waits for somebody. */
export const OverviewSchema = Type.Object(
  {
    jobs: Type.Array(
      Type.Object({
        job: DatasetNameSchema,
        schedule: Type.Unsafe<Schedule>({ $ref: "Schedule#" }),
        lastRun: Type.Union([Type.Unsafe<Run>({ $ref: "Run#" }), Type.Null()]),
        activeRunId: Type.Union([Type.String({ format: "uuid" }), Type.Null()]),
        freshness: FreshnessSchema,
        /** The records of the files that were done in the last 24 hours. */
        last24Hours: Type.Object({ in: Count, loaded: Count, rejected: Count }),
      }),
    ),
    needsSomebody: Type.Array(NeedSchema),
    /** When this was so; asked again within a second, it is the same. */
    at: Timestamp,
  },
  { $id: "Overview" },
);
export type Overview = Static<typeof OverviewSchema>;
export type Freshness = Overview["jobs"][number]["freshness"];
export type NeedEntry = Overview["needsSomebody"][number];
