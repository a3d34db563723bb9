import Type, { type Static } from "typebox";

/** Something that the doctor has found. */
export const FindingSchema = Type.Object(
  {
    severity: Type.Enum(["error", "warning"], {
      description: "An error keeps Lethe from working, or soon will; a warning somebody should know of.",
    }),
    code: Type.String({ description: "Stable: scripts may rely on it." }),
    where: Type.String({ description: "The server, folder, role or setting that it is about." }),
    what: Type.String(),
    remedy: Type.String({ description: "What to do about it." }),
  },
  { $id: "Finding" },
);
export type Finding = Static<typeof FindingSchema>;

/** A check that was not made: what it needs does not answer, or is a setting that whoever asks does not have. */
export const LeftOutSchema = Type.Object(
  { check: Type.String(), wants: Type.Enum(["server", "setting"]) },
  {
    description:
      "A check that was not made: `server`: what it needs does not answer. `setting`: it needs a setting that another service has.",
  },
);
export type LeftOut = Static<typeof LeftOutSchema>;
