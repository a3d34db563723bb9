import Type, { type Static } from "typebox";
import type { DatasetName } from "./datasets.js";
import { DatasetNameSchema } from "./runs.js";

/** The schedules that a new installation starts with. */
export const DEFAULT_TIMEZONE = "Europe/Zagreb";
export const DEFAULT_CRON: Readonly<Record<DatasetName, string>> = {
  customers: "0 * * * *",
  transactions: "0 * * * *",
  products: "0 0 * * *",
  "erasure-requests": "0 1 * * *",
};

export const ScheduleSchema = Type.Object(
  {
    job: DatasetNameSchema,
    cron: Type.String(),
    timezone: Type.String(),
    enabled: Type.Boolean(),
    updatedAt: Type.String({ format: "date-time" }),
    lastFiredAt: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
    nextAt: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
  },
  { $id: "Schedule" },
);
export type Schedule = Static<typeof ScheduleSchema>;
