import { createHash } from "node:crypto";
import type { LogEntry } from "@lethe/contracts/proof";
import { canonicalJson } from "./canonical-json.js";

/** The previous hash of the first entry and of the first checkpoint. */
export const FIRST_PREVIOUS_HASH = "0".repeat(64);

/** Returns the SHA-256 of a text, in hexadecimal digits. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Returns the hash of what an entry says: SHA-256 over the canonical JSON of sequence, kind, time and body. */
export function hashContent({
  sequence,
  kind,
  createdAt,
  body,
}: Pick<LogEntry, "sequence" | "kind" | "createdAt"> & { readonly body: object }): string {
  return sha256(canonicalJson({ sequence, kind, createdAt, body }));
}

/** Returns an entry's hash: SHA-256 over the hash of the entry before it and the hash of its content, a line each. */
export function chainHash(previousHash: string, contentHash: string): string {
  return sha256(`${previousHash}\n${contentHash}`);
}
