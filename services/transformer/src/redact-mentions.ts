import type { Dataset } from "@lethe/datasets/dataset";
import { redactInRecord } from "@lethe/datasets/redact-in-record";
import { identifiersInText } from "@lethe/privacy/identifiers-in-text";
import type { FindSuppression } from "@lethe/privacy/suppression-list";

/** Takes a record of somebody who is not suppressed, and its text. */
export type RedactMentions = (record: unknown, text: string) => unknown;

/**
 * Creates the redaction of records that mention suppressed people: it returns the record without their emails, undefined if
 * it mentions none. Nearly all records are told by their text to mention nobody.
 */
export function createMentionRedaction(dataset: Dataset, findSuppression: FindSuppression): RedactMentions {
  const hasOwnEmail = Object.values(dataset.fields).some(
    (field) => field.kind === "identifying" && field.of === "email",
  );
  const find = (part: string) => [...identifiersInText(part, findSuppression)].filter(({ kind }) => kind === "email");
  return (record, text) => {
    if (!mayMention(text, hasOwnEmail ? 2 : 1)) return undefined;
    const { customerId, email, name } = dataset.subjectOf(record);
    if (findSuppression(customerId, email, name) !== undefined) return undefined;
    return redactInRecord(dataset, record, find, name !== null);
  };
}

/** Escapes that may hide an at sign. */
const HIDDEN_AT = /\\u00|\\x|%[0-9A-Fa-f]{2}|=[0-9A-Fa-f]{2}|&[#A-Za-z]|[\uff20\ufe6b]/;

function mayMention(text: string, emails: number): boolean {
  let found = 0;
  for (let at = text.indexOf("@"); at !== -1; at = text.indexOf("@", at + 1)) {
    found += 1;
    if (found === emails) return true;
  }
  return HIDDEN_AT.test(text);
}
