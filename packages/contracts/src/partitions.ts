import Type, { type Static } from "typebox";
import { CALENDAR_STATE_NAMES, CALENDAR_STATES } from "./calendar-states.js";
import { type AlertSchema, type CheckResultSchema, LATE_STATES } from "./checks.js";
import { DatasetNameSchema } from "./datasets.js";
import { FILE_STATES, RUN_KINDS, RUN_STATES } from "./runs.js";

const Count = Type.Integer({ minimum: 0 });
const Timestamp = Type.String({ format: "date-time" });
const PartitionName = Type.String({ description: "`YYYY-MM-DDTHH`" });
const Hours = (description: string) => Type.Array(Type.Integer(), { description });

/** The partitions of a dataset in columns: the n-th entry of each is of the n-th hour. */
export const PartitionCalendarSchema = Type.Object(
  {
    dataset: DatasetNameSchema,
    hours: Hours(
      "Hours since 1970-01-01T00 of which anything is known, in their order. An hour is that of its partition's name.",
    ),
    states: Type.String({
      description: `A letter for each hour: ${Object.entries(CALENDAR_STATES)
        .map(([letter, state]) => `\`${letter}\` ${state}`)
        .join(", ")}.`,
    }),
    files: Hours("Files that are loaded, or in work."),
    loaded: Hours("Records that are loaded."),
    rejected: Hours("Records that are not."),
    failedChecks: Hours("Those of the hours that do not pass a check; not a column."),
  },
  { $id: "PartitionCalendar" },
);
export type PartitionCalendar = Static<typeof PartitionCalendarSchema>;

/** A file of a partition, and the run that took it. */
const PartitionFileSchema = Type.Object({
  id: Type.Integer(),
  /** Its name in landing; once it is archived, a plain one. */
  path: Type.String(),
  state: Type.Enum(FILE_STATES),
  bytes: Count,
  records: Type.Object({ in: Count, loaded: Count, rejected: Count }),
  takenAt: Timestamp,
  doneAt: Type.Union([Timestamp, Type.Null()]),
  run: Type.Object({
    id: Type.String({ format: "uuid" }),
    kind: Type.Enum(RUN_KINDS),
    state: Type.Enum(RUN_STATES),
  }),
});

/** What is known of one partition. */
export const PartitionDetailSchema = Type.Object(
  {
    dataset: DatasetNameSchema,
    partition: PartitionName,
    /** Null where it was never expected, and nothing has come. */
    state: Type.Union([Type.Enum(CALENDAR_STATE_NAMES), Type.Null()]),
    /** When its first file came, of what is loaded. */
    arrivedAt: Type.Union([Timestamp, Type.Null()]),
    /** Where it has not come in time: when it was due, and whether it has come since. */
    late: Type.Union([
      Type.Object({ state: Type.Enum(LATE_STATES), dueAt: Timestamp, missingAt: Timestamp }),
      Type.Null(),
    ]),
    files: Type.Array(PartitionFileSchema),
    /** Further files, which are not listed. */
    otherFiles: Count,
    checks: Type.Array(Type.Unsafe<Static<typeof CheckResultSchema>>({ $ref: "CheckResult#" })),
    /** The newest alerts that are about it. */
    alerts: Type.Array(Type.Unsafe<Static<typeof AlertSchema>>({ $ref: "Alert#" })),
  },
  { $id: "PartitionDetail" },
);
export type PartitionDetail = Static<typeof PartitionDetailSchema>;
export type PartitionFile = PartitionDetail["files"][number];
