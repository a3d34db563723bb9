import type { Digest, LogEntry, LoggedSuppression, LogKind } from "@lethe/contracts/proof";
import { canonicalJson } from "./canonical-json.js";
import { sha256 } from "./hash-entry.js";

/** Returns the digest over lines in any order: SHA-256 over the sorted lines, and their number. */
export function digestOf(lines: Iterable<string>): Digest {
  const sorted = [...lines].sort();
  return { count: sorted.length, digest: sha256(sorted.join("\n")) };
}

/** Returns a suppression as a line, the same for the same suppression. */
export function suppressionLine({ subject, act, kind, key, keyId }: LoggedSuppression): string {
  return canonicalJson([subject, act, kind, key, keyId]);
}

/** The kinds of entries that record what a person decided. */
export const DECISION_KINDS: readonly LogKind[] = ["decision", "lifted", "restriction", "accepted"];

/** Returns the line of an entry that records a decision. */
export function decisionLine({ sequence, hash }: Pick<LogEntry, "sequence" | "hash">): string {
  return `${sequence} ${hash}`;
}
