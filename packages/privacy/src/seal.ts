import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { ConfigurationError } from "@lethe/contracts/errors";
import type { Keyring, PrivacyKey } from "./privacy-key.js";

const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts a text with a key that is derived from the privacy key (AES-256-GCM, HKDF-SHA-256). `purpose` keeps texts of one
 * use from being read in another. Returns the key's id, the nonce, the tag and the encrypted text, one after the other.
 */
export function seal(key: PrivacyKey, purpose: string, text: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", derive(key, purpose), nonce);
  const encrypted = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([Buffer.from(key.id, "hex"), nonce, cipher.getAuthTag(), encrypted]);
}

/**
 * Decrypts what `seal` has made for the same purpose. Throws ConfigurationError if the keyring lacks the key, and an error
 * of Node's crypto module if the bytes were changed.
 */
export function unseal(ring: Keyring, purpose: string, sealed: Buffer): string {
  const keyId = sealed.subarray(0, KEY_ID_BYTES).toString("hex");
  const key = ring.all.find(({ id }) => id === keyId);
  if (key === undefined) {
    throw new ConfigurationError(`LETHE_PRIVACY_KEY lacks the key ${keyId}, which a pending erasure needs`);
  }
  const tagAt = KEY_ID_BYTES + NONCE_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", derive(key, purpose), sealed.subarray(KEY_ID_BYTES, tagAt));
  decipher.setAuthTag(sealed.subarray(tagAt, tagAt + TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(tagAt + TAG_BYTES)), decipher.final()]).toString("utf8");
}

function derive(key: PrivacyKey, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", key.secret, Buffer.alloc(0), `lethe ${purpose}`, 32));
}
