import type { LogEntry, LoggedSuppression } from "@lethe/contracts/proof";
import { readLoggedSuppressions } from "@lethe/contracts/read-proof";
import { suppressionLine } from "./digest.js";

/** The suppressions that are in force, by their lines. */
export type ActiveSuppressions = Map<string, LoggedSuppression>;

/**
 * Adds to `active` what an entry of the log put on the suppression list, and removes what it took off. Returns false when the
 * entry is about suppressions and does not list any that can be read.
 */
export function replaySuppressions(active: ActiveSuppressions, entry: Pick<LogEntry, "kind" | "body">): boolean {
  if (entry.kind !== "suppressed" && entry.kind !== "lifted") return true;
  const suppressions = readLoggedSuppressions(entry.body);
  if (suppressions === undefined) return false;
  for (const suppression of suppressions) {
    if (entry.kind === "suppressed") active.set(suppressionLine(suppression), suppression);
    else active.delete(suppressionLine(suppression));
  }
  return true;
}
