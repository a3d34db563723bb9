import Type, { type Static } from "typebox";
import { DatasetNameSchema } from "./datasets.js";

/** The time zone of the schedules that a new installation starts with. */
export const DEFAULT_TIMEZONE = "Europe/Zagreb";

export const ScheduleSchema = Type.Object(
  {
    job: DatasetNameSchema,
    cron: Type.String(),
    timezone: Type.String(),
    words: Type.Union([Type.String(), Type.Null()], {
      description: "The pattern in plain English, in times of the time zone; null where there are no words for it.",
    }),
    enabled: Type.Boolean(),
    updatedAt: Type.String({ format: "date-time" }),
    lastFiredAt: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
    nextAt: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
    problem: Type.Union([Type.String(), Type.Null()], {
      description:
        "Why it does not fire though it is on: the ledger holds a cron pattern or a time zone that is refused.",
    }),
  },
  { $id: "Schedule" },
);
export type Schedule = Static<typeof ScheduleSchema>;
