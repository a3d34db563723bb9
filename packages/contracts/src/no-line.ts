/** Why it is not known from which line a row came. */
export const NO_LINE = {
  unlinked: "An erasure has cut the row off from its file: nothing leads from one to the other any more.",
  not_archived:
    "The run that took the file is at work still, or did not end well; ask again when the file is archived.",
  not_kept: "The file is not kept any more, or cannot be read.",
  not_found: "The kept file holds the record no longer: it was masked since, or changed by somebody else.",
} as const;
export type NoLine = keyof typeof NO_LINE;
