import Type, { type Static } from "typebox";

/** A restriction of a person's data that is in force. It says nothing of whom it is about. */
export const RestrictionSchema = Type.Object(
  {
    id: Type.String({ format: "uuid", description: "Random, and of this restriction alone" }),
    since: Type.String({ format: "date-time" }),
    by: Type.Union([Type.String(), Type.Null()], { description: "The name of the caller who restricted the data" }),
    reason: Type.Union([Type.String(), Type.Null()]),
    heldRecords: Type.Integer({ description: "Records that it holds in quarantine" }),
  },
  { $id: "Restriction" },
);
export type Restriction = Static<typeof RestrictionSchema>;
