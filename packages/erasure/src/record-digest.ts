import { createHash } from "node:crypto";

/**
 * Returns the digest by which a record of a file is known that was corrected in quarantine, whatever the order of its fields. It stands
 * nowhere but sealed, among the values that an erasure searches for.
 */
export function recordDigest(record: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(inOrder(record)))
    .digest("base64");
}

function inOrder(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value ?? null;
  if (Array.isArray(value)) return value.map(inOrder);
  const fields = Object.entries(value).map(([name, part]) => [name, inOrder(part)] as const);
  return fields.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
