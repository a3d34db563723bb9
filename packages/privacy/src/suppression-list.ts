import type { ErasureOutcome } from "@lethe/contracts/erasures";
import { ConfigurationError } from "@lethe/contracts/errors";
import type { QuestionKind } from "@lethe/contracts/questions";
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
 * else, and for records that are held. Where the name is not given at all, the id or the email alone is enough.
 */
export type FindSuppression = (
  customerId: string | null,
  email: string | null,
  name?: string | null,
) => Suppression | undefined;

/** What becomes of a record that arrives. */
export type ArrivalVerdict =
  | { readonly kind: "plain" }
  | {
      readonly kind: "masked";
      readonly suppression: Suppression;
      /** Whether the record bears an identifier that is not on the list as this subject's. */
      readonly bearsNew: boolean;
      /** Whether the record's id is somebody else's as well, so that it does not lead to more of the subject. */
      readonly hasSharedId: boolean;
    }
  | {
      readonly kind: "held";
      /** The subject or question on the list that holds it; the erased subject where `question` is a new one. */
      readonly heldFor: string;
      readonly question: Extract<QuestionKind, "shared_email" | "reused_id"> | null;
    };

/** Decides by a record's canonical id, email and name whether it is a suppressed person's. */
export type JudgeArrival = (customerId: string | null, email: string | null, name: string | null) => ArrivalVerdict;

/** The suppression list, ready to be asked. */
export interface SuppressionLookup {
  readonly findSuppression: FindSuppression;
  readonly judgeArrival: JudgeArrival;
}

/**
 * Creates a function that looks up a person on the suppression list: see `createSuppressionLookup`.
 */
export function createSuppressionFinder(
  identifiers: readonly SuppressedIdentifier[],
  ring: Keyring,
  rememberAtMost?: number,
): FindSuppression {
  return createSuppressionLookup(identifiers, ring, rememberAtMost).findSuppression;
}

/**
 * Creates the functions that look up people on the suppression list. The list holds only keyed hashes, so every identifier
 * that is looked up is hashed first. Up to `rememberAtMost` answers are cached for ids, and as many for emails and for names.
 * Throws ConfigurationError if the keyring lacks a key that the list was made with, because the people under that key
 * would be overlooked.
 *
 * A record is a subject's if two of its id, email and name are theirs; or its id, where it has neither email nor name; or its
 * email, where it has no id. A record with a subject's id, or their email under another id, and otherwise nothing of theirs, is
 * held for a person to decide. An identifier that was released counts only together with another one.
 */
export function createSuppressionLookup(
  identifiers: readonly SuppressedIdentifier[],
  ring: Keyring,
  rememberAtMost = 200_000,
): SuppressionLookup {
  const missing = identifiers.find(({ keyId }) => !ring.all.some((key) => key.id === keyId));
  if (missing !== undefined) {
    throw new ConfigurationError(`LETHE_PRIVACY_KEY lacks the key ${missing.keyId}, which the suppression list needs`);
  }
  if (identifiers.length === 0) return { findSuppression: () => undefined, judgeArrival: () => PLAIN };
  const used = ring.all.filter((key) => identifiers.some(({ keyId }) => keyId === key.id));
  const ofId = createListed("customer-id");
  const ofEmail = createListed("email");
  const ofName = createListed("name");

  /** Returns the subject of whom two of a record's identifiers are. */
  function findByTwo(ids: Listed, emails: Listed, name: string | null): Suppression | undefined {
    const candidates = [...ids, ...emails].filter(isErased);
    if (candidates.length === 0) return undefined;
    const names = name === null ? NONE : ofName(name);
    return candidates.find(
      ({ subjectId }) => [ids, emails, names].filter((listed) => isOf(listed, subjectId)).length >= 2,
    )?.suppression;
  }

  function judgeArrival(customerId: string | null, email: string | null, name: string | null): ArrivalVerdict {
    const ids = customerId === null ? NONE : ofId(customerId);
    const emails = email === null ? NONE : ofEmail(email);
    if (ids.length === 0 && emails.length === 0) return PLAIN;
    const byTwo = findByTwo(ids, emails, name);
    const bearsNew = (subjectId: string) =>
      (customerId !== null && !isOf(ids, subjectId)) ||
      (email !== null && !isOf(emails, subjectId)) ||
      (name !== null && !isOf(ofName(name), subjectId));
    if (byTwo !== undefined) {
      const hasSharedId =
        isOf(ids, byTwo.subjectId) && !ids.some((id) => id.subjectId === byTwo.subjectId && isWholly(id));
      return { kind: "masked", suppression: byTwo, bearsNew: bearsNew(byTwo.subjectId), hasSharedId };
    }
    const holding = [...ids, ...emails].find(({ act }) => act === "question" || act === "restrict");
    if (holding !== undefined) return { kind: "held", heldFor: holding.subjectId, question: null };
    const byId = ids.find(isWholly);
    if (byId !== undefined) {
      if (email === null && name === null)
        return { kind: "masked", suppression: byId.suppression, bearsNew: false, hasSharedId: false };
      return { kind: "held", heldFor: byId.subjectId, question: "reused_id" };
    }
    const byEmail = emails.find(isWholly);
    if (byEmail === undefined) return PLAIN;
    // Without an id, a name that is not the subject's may be one more spelling of theirs. It does not join.
    if (customerId === null)
      return { kind: "masked", suppression: byEmail.suppression, bearsNew: false, hasSharedId: false };
    return { kind: "held", heldFor: byEmail.subjectId, question: "shared_email" };
  }

  const findSuppression: FindSuppression = (customerId, email, name) => {
    if (name !== undefined) {
      const verdict = judgeArrival(customerId, email, name);
      return verdict.kind === "masked" ? verdict.suppression : undefined;
    }
    const ids = customerId === null ? NONE : ofId(customerId);
    const emails = email === null ? NONE : ofEmail(email);
    return (ids.find(isWholly) ?? emails.find(isWholly))?.suppression ?? findByTwo(ids, emails, null);
  };

  return { findSuppression, judgeArrival };

  function createListed(kind: HashedKind): (value: string) => Listed {
    const byHash = new Map<string, ListedIdentifier[]>();
    for (const { subjectId, act, hash, keyId, outcome, kind: ofKind } of identifiers) {
      const key = ring.all.find(({ id }) => id === keyId);
      if (ofKind !== kind || key === undefined) continue;
      const listed = byHash.get(hash) ?? [];
      listed.push({ subjectId, act, suppression: { subjectId, key, outcome } });
      byHash.set(hash, listed);
    }
    const answers = new Map<string, Listed>();
    return (value) => {
      const known = answers.get(value);
      if (known !== undefined) return known;
      const found = used.flatMap((key) => byHash.get(keyedHash(key, kind, value).toString("hex")) ?? []);
      const answer = found.length === 0 ? NONE : found;
      if (answers.size >= rememberAtMost) answers.clear();
      answers.set(value, answer);
      return answer;
    };
  }
}

/** An identifier on the list, as the answer to a value. */
interface ListedIdentifier extends Pick<SuppressedIdentifier, "subjectId" | "act"> {
  readonly suppression: Suppression;
}

type Listed = readonly ListedIdentifier[];

const NONE: Listed = [];
const PLAIN: ArrivalVerdict = { kind: "plain" };

/** Reports whether an identifier is an erased subject's, if only together with another one. */
function isErased({ act }: ListedIdentifier): boolean {
  return act === "erase" || act === "release";
}

/** Reports whether an identifier is an erased subject's alone. */
function isWholly({ act }: ListedIdentifier): boolean {
  return act === "erase";
}

function isOf(listed: Listed, subjectId: string): boolean {
  return listed.some((one) => one.subjectId === subjectId && isErased(one));
}
