import type { LogEntry, LoggedSuppression } from "@lethe/contracts/proof";
import type { Client } from "../pool.js";
import { appendToLog } from "./append-to-log.js";

/**
 * Logs that identifiers were put on the suppression list (`suppressed`), or taken off it (`lifted`), as the rows of
 * `privacy.suppressions` that the same transaction has added or lifted. `facts` says on what ground: the erasure's id, who
 * did it, a note. Like every entry, make it the transaction's last act. Returns undefined when there are no rows.
 */
export async function logSuppressions(
  client: Client,
  kind: "suppressed" | "lifted",
  suppressions: readonly LoggedSuppression[],
  facts: object,
): Promise<LogEntry | undefined> {
  if (suppressions.length === 0) return undefined;
  return appendToLog(client, { kind, body: { ...facts, suppressions } });
}
