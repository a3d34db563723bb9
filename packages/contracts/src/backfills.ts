import Type, { type Static } from "typebox";

/** What a backfill takes of its range: partitions of which rows are missing, or those whose last backfill did not get through. */
export const BACKFILL_SELECTIONS = ["missing", "failed"] as const;
export type BackfillSelection = (typeof BACKFILL_SELECTIONS)[number];

/**
 * What is known of a partition's archived files before they are read:
 * - `failed`: the last backfill of one of them did not get through; or, where only these are asked for, one stands in quarantine whole;
 * - `missing`: the warehouse has no row of them, though some were loaded;
 * - `incomplete`: it lacks rows of some of them;
 * - `loaded`: it has them all.
 */
export const PARTITION_STATES = ["loaded", "incomplete", "missing", "failed"] as const;
export type PartitionState = (typeof PARTITION_STATES)[number];

const Count = Type.Integer({ minimum: 0 });
const Amount = Type.Object({ partitions: Count, files: Count, bytes: Count });

/** What a backfill would take, and what lies in its range. */
export const BackfillPlanSchema = Type.Object(
  {
    job: Type.String(),
    takes: Amount,
    /** What the caps leave to a further backfill. */
    leaves: Amount,
    byState: Type.Array(Type.Object({ state: Type.Enum(PARTITION_STATES), ...Amount.properties })),
    /** Files that were loaded and of which the archive kept nothing, because they changed while they were read. */
    notArchived: Count,
    /** Files of the range that stand in quarantine as a whole and are not tried again: only a backfill of what has failed does that. */
    quarantined: Count,
  },
  { $id: "BackfillPlan" },
);
export type BackfillPlan = Static<typeof BackfillPlanSchema>;
