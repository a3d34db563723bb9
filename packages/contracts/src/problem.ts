import Type, { type Static } from "typebox";
import { RoleSchema } from "./roles.js";

/** An error as the API answers it: problem details of RFC 9457, with Lethe's stable code. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.Optional(Type.String()),
    requiredRole: Type.Optional(RoleSchema),
    activeRunId: Type.Optional(Type.String({ format: "uuid" })),
  },
  { $id: "Problem" },
);
export type Problem = Static<typeof ProblemSchema>;
