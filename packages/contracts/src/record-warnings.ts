import Type, { type Static } from "typebox";

/** What a run says about records that it has taken: how many, and where the first stands, never a value. */
export const RECORD_WARNINGS = {
  change_implausible:
    "The day of the last change lies after its partition or in the future, so the partition orders the versions instead.",
  partition_in_future:
    "The partition lies more than a day in the future, so its versions are current only where no other version is known.",
  time_cut: "The instant is finer than a microsecond; the finer digits are cut.",
} as const;
export type RecordWarning = keyof typeof RECORD_WARNINGS;

const Count = Type.Integer({ minimum: 1 });

/** The warnings of one kind in a batch. */
export const BatchWarningSchema = Type.Object({
  code: Type.Enum(Object.keys(RECORD_WARNINGS) as RecordWarning[]),
  records: Count,
  fileId: Type.Integer(),
  line: Count,
});
export type BatchWarning = Static<typeof BatchWarningSchema>;
