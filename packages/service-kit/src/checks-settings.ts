import Type from "typebox";

/** The checks of data, for whoever closes runs, looks for what is missing or shows it. */
export const CHECKS_SETTINGS = {
  LETHE_CHECKS_FILE: Type.Optional(
    Type.String({
      description:
        "File of checks and thresholds, YAML or JSON, the same for scheduler and loader; without it defaults apply that are learnt",
    }),
  ),
} as const;
