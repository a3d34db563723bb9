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

/** Reports whether a file's SHA-256 is that of the content that the ledger knows by `kept`, under whichever key of the ring. */
export function isKnownContent(ring: Keyring, sha256: Buffer, kept: Buffer): boolean {
  return contentHashes(ring, sha256).some((hash) => hash.equals(kept));
}

/** What makes a delivery, beside its content. */
export interface DeliveryName {
  readonly dataset: string;
  /** The folder of its partition. */
  readonly partition: string;
  readonly name: string;
}

/**
 * Returns what the ledger may keep of a delivery: an HMAC of its dataset, partition, name and content (as SHA-256) for each key
 * of the ring, the key in use first. A name from outside may hold anything about anybody, so it is not kept in plain.
 */
export function deliveryHashes(
  ring: Keyring,
  { dataset, partition, name }: DeliveryName,
  sha256: Buffer,
): readonly Buffer[] {
  const what = `delivery\0${dataset}\0${partition}\0${name}\0`;
  return ring.all.map((key) => createHmac("sha256", key.secret).update(what).update(sha256).digest());
}
