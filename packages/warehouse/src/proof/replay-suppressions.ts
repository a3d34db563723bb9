import { type LogEntry, type LoggedSuppression, LoggedSuppressionSchema } from "@lethe/contracts/proof";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { suppressionLine } from "./digest.js";

const body = Compile(Type.Object({ suppressions: Type.Array(LoggedSuppressionSchema) }));

/** The suppressions that are in force, by their lines. */
export type ActiveSuppressions = Map<string, LoggedSuppression>;

/**
 * Adds to `active` what an entry of the log put on the suppression list, and removes what it took off. Returns false when the
 * entry is about suppressions and does not list any that can be read.
 */
export function replaySuppressions(active: ActiveSuppressions, entry: Pick<LogEntry, "kind" | "body">): boolean {
  if (entry.kind !== "suppressed" && entry.kind !== "lifted") return true;
  if (!body.Check(entry.body)) return false;
  for (const suppression of entry.body.suppressions) {
    if (entry.kind === "suppressed") active.set(suppressionLine(suppression), suppression);
    else active.delete(suppressionLine(suppression));
  }
  return true;
}
