import Type, { type Static } from "typebox";
import { RunDetailSchema } from "./runs.js";

const Count = Type.Integer({ minimum: 0 });

/** How far a run is, and how fast. */
export const RunProgressSchema = Type.Object(
  {
    files: Type.Object({ done: Count, taken: Count }),
    batches: Type.Object({ done: Count, total: Count }),
    rowsLoaded: Count,
    /** Rows that were loaded or rejected a second, over the last ten seconds. */
    rowsPerSecond: Type.Number({ minimum: 0 }),
    /** Null while more may come, and while nothing is done by which to tell. */
    secondsLeft: Type.Union([Count, Type.Null()]),
  },
  { $id: "RunProgress" },
);
export type RunProgress = Static<typeof RunProgressSchema>;

/** The data of an event `run`: the run as it is, with the first of its notices, and how far it is. */
export const RunEventSchema = Type.Object(
  {
    ...RunDetailSchema.properties,
    progress: Type.Unsafe<RunProgress>({ $ref: "RunProgress#" }),
  },
  { $id: "RunEvent" },
);
export type RunEvent = Static<typeof RunEventSchema>;
