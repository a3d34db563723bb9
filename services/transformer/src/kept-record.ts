import { isUtf8 } from "node:buffer";
import type { Subject } from "@lethe/datasets/dataset";
import { findMentionedPerson } from "@lethe/privacy/find-mentioned-person";
import type { MaskRecordStrategies } from "@lethe/privacy/mask-record";
import { REDACTED } from "@lethe/privacy/mask-value";
import { isPseudonym, type PrivacyKey, pseudonym } from "@lethe/privacy/privacy-key";
import type { FindSuppression } from "@lethe/privacy/suppression-list";

/** What quarantine finds the records of a person by. */
export type SubjectKeys = Pick<Subject, "customerId" | "email">;

/** What quarantine keeps of a rejected record, and whose it is. */
export interface KeptRecord {
  readonly payload: string;
  readonly encoding: "utf8" | "base64";
  readonly subject: SubjectKeys;
}

/** A line that quarantine is to keep as it came. */
export type KeptLine = Pick<KeptRecord, "payload" | "encoding">;

/** What records are masked with. */
export interface MaskingRules {
  readonly findSuppression: FindSuppression;
  /** The policy's strategies for the dataset's fields. */
  readonly strategies: MaskRecordStrategies;
  /** The ids of erased records, by the hexadecimal digits of their hashes. */
  readonly replacements?: ReadonlyMap<string, string>;
}

export const NOBODY: SubjectKeys = { customerId: null, email: null };

/** Returns what quarantine keeps of a record that has been masked field by field; it stands under the subject's pseudonym. */
export function keepMasked(rules: MaskingRules, masked: unknown, subject: SubjectKeys, key: PrivacyKey): KeptRecord {
  const { customerId } = subject;
  const alias = customerId === null || isPseudonym(customerId) ? customerId : pseudonym(key, customerId);
  const payload = JSON.stringify(masked);
  // A record without an id may name the person in a field that masking keeps.
  const namesPerson = alias === null && findMentionedPerson(payload, rules.findSuppression) !== undefined;
  return { payload: namesPerson ? REDACTED : payload, encoding: "utf8", subject: { customerId: alias, email: null } };
}

/**
 * Returns what quarantine keeps of a line that cannot be masked field by field: the line as it came or, when it names a
 * suppressed person, nothing of it. `isMasked` says which.
 */
export function keepLine(
  line: KeptLine,
  subject: SubjectKeys,
  findSuppression: FindSuppression,
): { readonly kept: KeptRecord; readonly isMasked: boolean } {
  const mentioned = findPerson(line, subject, findSuppression);
  if (mentioned === undefined) return { kept: { ...line, subject: storable(subject) }, isMasked: false };
  const alias = mentioned.customerId === null ? null : pseudonym(mentioned.key, mentioned.customerId);
  const kept: KeptRecord = { payload: REDACTED, encoding: "utf8", subject: { customerId: alias, email: null } };
  return { kept, isMasked: true };
}

/** Returns a line as quarantine can store it: as text, or as base64 where it is no text that PostgreSQL takes. */
export function lineAsText(line: Buffer): KeptLine {
  return isUtf8(line) && !line.includes(0)
    ? { payload: line.toString("utf8").trim(), encoding: "utf8" }
    : lineAsBase64(line);
}

/** Returns a line's bytes as base64. */
export function lineAsBase64(line: Buffer): KeptLine {
  return { payload: line.toString("base64"), encoding: "base64" };
}

/** Returns the suppressed person whom a line is about: by its subject, or else by the words in it. */
function findPerson(line: KeptLine, subject: SubjectKeys, findSuppression: FindSuppression) {
  const key = findSuppression(subject.customerId, subject.email)?.key;
  if (key !== undefined) return { key, customerId: subject.customerId };
  const bytes = Buffer.from(line.payload, line.encoding);
  const mentioned = findMentionedPerson(bytes.toString("utf8"), findSuppression);
  // Bytes that are no UTF-8 most often are Latin-1.
  return mentioned !== undefined || line.encoding === "utf8" || isUtf8(bytes)
    ? mentioned
    : findMentionedPerson(bytes.toString("latin1"), findSuppression);
}

/** Drops what of a subject may hold the character for which the line is unreadable: one that PostgreSQL cannot store. */
function storable({ customerId, email }: SubjectKeys): SubjectKeys {
  const isPlain = (text: string | null) => text !== null && /^[\x20-\x7e]*$/.test(text);
  return { customerId: isPlain(customerId) ? customerId : null, email: isPlain(email) ? email : null };
}
