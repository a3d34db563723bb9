import { ConfigurationError } from "@lethe/contracts/errors";
import { type HashedKind, type Keyring, keyedHash, type PrivacyKey } from "./privacy-key.js";

export interface SuppressedPerson {
  readonly customerKey: Buffer;
  readonly emailKey: Buffer;
  /** The id of the key that both hashes were made with. */
  readonly keyId: string;
}

/**
 * Reports whether a person, given by cleaned id or email, asked to be forgotten: returns the key that their hashes, and so
 * their pseudonym, were made with; undefined for everybody else.
 */
export type FindSuppression = (customerId: string | null, email: string | null) => PrivacyKey | undefined;

/**
 * Creates a function that looks up a person on the suppression list. The list holds only keyed hashes, so every id or
 * email that is looked up is hashed first. Up to `rememberAtMost` answers are cached for ids, and as many for emails.
 * Throws ConfigurationError if the keyring lacks a key that the list was made with, because the people under that key
 * would be overlooked.
 */
export function createSuppressionFinder(
  people: readonly SuppressedPerson[],
  ring: Keyring,
  rememberAtMost = 200_000,
): FindSuppression {
  const missing = people.find(({ keyId }) => !ring.all.some((key) => key.id === keyId));
  if (missing !== undefined) {
    throw new ConfigurationError(`LETHE_PRIVACY_KEY lacks the key ${missing.keyId}, which the suppression list needs`);
  }
  if (people.length === 0) return () => undefined;
  const used = ring.all.filter((key) => people.some(({ keyId }) => keyId === key.id));
  const byId = answerer("customer-id", new Set(people.map((person) => person.customerKey.toString("hex"))));
  const byEmail = answerer("email", new Set(people.map((person) => person.emailKey.toString("hex"))));
  return (customerId, email) =>
    (customerId === null ? undefined : byId(customerId)) ?? (email === null ? undefined : byEmail(email));

  function answerer(kind: HashedKind, hashes: ReadonlySet<string>) {
    const answers = new Map<string, PrivacyKey | undefined>();
    return (value: string): PrivacyKey | undefined => {
      if (answers.has(value)) return answers.get(value);
      const answer = used.find((key) => hashes.has(keyedHash(key, kind, value).toString("hex")));
      if (answers.size >= rememberAtMost) answers.clear();
      answers.set(value, answer);
      return answer;
    };
  }
}
