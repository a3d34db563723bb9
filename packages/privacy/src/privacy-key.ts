import { createHash, createHmac } from "node:crypto";
import { ConfigurationError } from "@lethe/contracts/errors";

/** The secret that keyed hashes and pseudonyms are made with. Its id tells keys apart and reveals nothing of them. */
export interface PrivacyKey {
  readonly id: string;
  readonly secret: Buffer;
}

const LEAST_BYTES = 32;

/**
 * The key in use, and those that were in use before it: what they hashed must still be recognised, but nothing new is
 * made with them.
 */
export interface Keyring {
  readonly current: PrivacyKey;
  readonly all: readonly PrivacyKey[];
}

/**
 * Reads a keyring from its text, a key a line, the newest first; each at least 32 bytes as hexadecimal digits.
 * Throws ConfigurationError.
 */
export function parseKeyring(text: string): Keyring {
  const all = text.trim().split(/\s+/).map(parsePrivacyKey);
  const [current] = all;
  if (current === undefined) throw new ConfigurationError("LETHE_PRIVACY_KEY holds no key");
  return { current, all };
}

/** Returns a ring with a new key in use before all others. */
export function rotateKeyring(ring: Keyring, newSecret: Buffer): Keyring {
  const current = parsePrivacyKey(newSecret.toString("hex"));
  return { current, all: [current, ...ring.all] };
}

/** Formats a keyring as text that `parseKeyring` reads. */
export function formatKeyring(ring: Keyring): string {
  return `${ring.all.map((key) => key.secret.toString("hex")).join("\n")}\n`;
}

/** Parses one key from its text, at least 32 bytes as hexadecimal digits. Throws ConfigurationError. */
export function parsePrivacyKey(text: string): PrivacyKey {
  const hex = text.trim();
  if (!/^([0-9a-f]{2})+$/i.test(hex) || hex.length < LEAST_BYTES * 2) {
    throw new ConfigurationError(`LETHE_PRIVACY_KEY must be at least ${LEAST_BYTES} bytes as hexadecimal digits`);
  }
  const secret = Buffer.from(hex, "hex");
  return { id: createHash("sha256").update("lethe key id\0").update(secret).digest("hex").slice(0, 8), secret };
}

/** What a keyed hash is of; the same text as id and as email gives two different hashes. */
export type HashedKind = "customer-id" | "email" | "name" | "record-id";

/** Returns the HMAC-SHA-256 of a cleaned id or email, 32 bytes, as the suppression list holds it. */
export function keyedHash(key: PrivacyKey, kind: HashedKind, value: string): Buffer {
  return createHmac("sha256", key.secret).update(`${kind}\0${value}`).digest();
}

/**
 * Returns the pseudonym of a value: the same for the same value and key, and of no use to anybody without the key.
 * 80 bits keep two people of a billion apart.
 */
export function pseudonym(key: PrivacyKey, value: string): string {
  return `p_${createHmac("sha256", key.secret).update(`pseudonym\0${value}`).digest("hex").slice(0, 20)}`;
}

/** The form of a pseudonym, as a regular expression's source. */
export const PSEUDONYM_PATTERN = "p_[0-9a-f]{20}";

const PSEUDONYM = new RegExp(`^${PSEUDONYM_PATTERN}$`);

/** Reports whether a value has the form of a pseudonym. */
export function isPseudonym(value: unknown): boolean {
  return typeof value === "string" && PSEUDONYM.test(value);
}
