import type { ErasureOutcome } from "@lethe/contracts/erasures";
import { ConfigurationError } from "@lethe/contracts/errors";
import { type HashedKind, type Keyring, keyedHash, type PrivacyKey } from "./privacy-key.js";

/** One identifier of a data subject, as the suppression list holds it. */
export interface SuppressedIdentifier {
  readonly subjectId: string;
  readonly act: "erase" | "release" | "restrict" | "question" | "lifted";
  readonly kind: HashedKind;
  /** The keyed hash of the canonical identifier, as hexadecimal digits. */
  readonly hash: string;
  /** The id of the key that the hash was made with. */
  readonly keyId: string;
  readonly outcome: ErasureOutcome;
}

/** A data subject who asked to be forgotten. */
export interface Suppression {
  readonly subjectId: string;
  /** The key that the subject's hashes, and so their pseudonyms, were made with. */
  readonly key: PrivacyKey;
  readonly outcome: ErasureOutcome;
}

/**
 * Reports whether a person, given by canonical id, email and name, asked to be forgotten. Returns undefined for everybody
 * else.
 */
export type FindSuppression = (
  customerId: string | null,
  email: string | null,
  name?: string | null,
) => Suppression | undefined;

/**
 * Creates a function that looks up a person on the suppression list. The list holds only keyed hashes, so every id or
 * email that is looked up is hashed first. Up to `rememberAtMost` answers are cached for ids, and as many for emails.
 * Throws ConfigurationError if the keyring lacks a key that the list was made with, because the people under that key
 * would be overlooked.
 */
export function createSuppressionFinder(
  identifiers: readonly SuppressedIdentifier[],
  ring: Keyring,
  rememberAtMost = 200_000,
): FindSuppression {
  const missing = identifiers.find(({ keyId }) => !ring.all.some((key) => key.id === keyId));
  if (missing !== undefined) {
    throw new ConfigurationError(`LETHE_PRIVACY_KEY lacks the key ${missing.keyId}, which the suppression list needs`);
  }
  const erased = identifiers.filter(({ act }) => act === "erase");
  if (erased.length === 0) return () => undefined;
  const used = ring.all.filter((key) => erased.some(({ keyId }) => keyId === key.id));
  const byId = answerer("customer-id");
  const byEmail = answerer("email");
  return (customerId, email) =>
    (customerId === null ? undefined : byId(customerId)) ?? (email === null ? undefined : byEmail(email));

  function answerer(kind: HashedKind) {
    const suppressions = new Map<string, Suppression>();
    for (const { subjectId, hash, keyId, outcome, kind: ofKind } of erased) {
      const key = ring.all.find(({ id }) => id === keyId);
      if (ofKind === kind && key !== undefined) suppressions.set(hash, { subjectId, key, outcome });
    }
    const answers = new Map<string, Suppression | undefined>();
    return (value: string): Suppression | undefined => {
      if (answers.has(value)) return answers.get(value);
      const answer = used
        .map((key) => suppressions.get(keyedHash(key, kind, value).toString("hex")))
        .find((suppression) => suppression !== undefined);
      if (answers.size >= rememberAtMost) answers.clear();
      answers.set(value, answer);
      return answer;
    };
  }
}
