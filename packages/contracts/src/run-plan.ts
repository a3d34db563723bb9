import Type, { type Static } from "typebox";
import { DatasetNameSchema } from "./datasets.js";
import { NoticeSchema } from "./runs.js";

const Count = Type.Integer({ minimum: 0 });
const Amount = Type.Object({ files: Count, bytes: Count });

/** What a run over files would take, and what lies in landing besides. */
export const RunPlanSchema = Type.Object(
  {
    job: DatasetNameSchema,
    takes: Amount,
    /** Of these: files of a partition of which one of the same size came before. If they have the same content, they load nothing. */
    known: Amount,
    /** By the day of the partition. */
    byDay: Type.Array(Type.Object({ date: Type.String(), ...Amount.properties, known: Count })),
    /** Files behind those, which a run leaves to the next one. */
    left: Count,
    /** Files and folders that no dataset's run takes, often because a name is nearly right: why, and how it can be. */
    unexpected: Type.Array(NoticeSchema),
    /** Further ones, which are not listed. */
    otherUnexpected: Count,
  },
  { $id: "RunPlan" },
);
export type RunPlan = Static<typeof RunPlanSchema>;
