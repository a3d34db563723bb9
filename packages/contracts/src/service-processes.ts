import Type, { type Static } from "typebox";
import { SERVICE_NAMES } from "./services.js";

const Timestamp = Type.String({ format: "date-time" });

/** A running process of a service, as it reports itself. */
export const ServiceProcessSchema = Type.Object(
  {
    service: Type.Enum([...SERVICE_NAMES]),
    version: Type.String({ description: "The version of Lethe" }),
    schema: Type.String({ description: "The newest step of the database's schema that it knows" }),
    host: Type.String(),
    pid: Type.Integer(),
    startedAt: Timestamp,
    seenAt: Timestamp,
    ready: Type.Boolean(),
    reasons: Type.Record(Type.String(), Type.String(), { description: "Why checks fail, as codes." }),
  },
  { $id: "ServiceProcess" },
);
export type ServiceProcess = Static<typeof ServiceProcessSchema>;
