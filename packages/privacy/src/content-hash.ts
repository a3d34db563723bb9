import { createHmac } from "node:crypto";
import type { Keyring } from "./privacy-key.js";

/**
 * Returns what the ledger may keep of a file's SHA-256: an HMAC of it for each key of the ring, the key in use first. A plain
 * hash of a file that holds a single request would give the person away to whoever tries likely ids and emails. Those of older
 * keys are what the ledger knows the same content by from before a rotation.
 */
export function contentHashes(ring: Keyring, sha256: Buffer): readonly Buffer[] {
  return ring.all.map((key) => createHmac("sha256", key.secret).update("file-content\0").update(sha256).digest());
}
