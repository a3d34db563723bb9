import { keyedHash, type PrivacyKey } from "./privacy-key.js";

export interface SuppressedPerson {
  readonly customerKey: Buffer;
  readonly emailKey: Buffer;
}

/** Tells whether a person, given by cleaned id or email, asked to be forgotten. */
export type IsSuppressed = (customerId: string | null, email: string | null) => boolean;

/**
 * Makes the question out of the list. The list holds keyed hashes only, so each id and email that is asked about is
 * hashed, once per value: `rememberAtMost` bounds the number of answers that are kept.
 */
export function createSuppressionCheck(
  people: readonly SuppressedPerson[],
  key: PrivacyKey,
  rememberAtMost = 200_000,
): IsSuppressed {
  if (people.length === 0) return () => false;
  const ids = new Set(people.map((person) => person.customerKey.toString("hex")));
  const emails = new Set(people.map((person) => person.emailKey.toString("hex")));
  const idAnswers = new Map<string, boolean>();
  const emailAnswers = new Map<string, boolean>();
  const ask = (kind: "customer-id" | "email", value: string, hashes: Set<string>, answers: Map<string, boolean>) => {
    const known = answers.get(value);
    if (known !== undefined) return known;
    const answer = hashes.has(keyedHash(key, kind, value).toString("hex"));
    if (answers.size >= rememberAtMost) answers.clear();
    answers.set(value, answer);
    return answer;
  };
  return (customerId, email) =>
    (customerId !== null && ask("customer-id", customerId, ids, idAnswers)) ||
    (email !== null && ask("email", email, emails, emailAnswers));
}
