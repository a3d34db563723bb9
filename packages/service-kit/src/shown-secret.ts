import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Returns what compares a text that a caller shows with a secret. Hashes of equal length are compared in constant time, so that an
 * answer's delay tells nothing about the secret.
 */
export function matchesSecret(secret: string): (shown: string) => boolean {
  const expected = digest(secret);
  return (shown) => timingSafeEqual(digest(shown), expected);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
