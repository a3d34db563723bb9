import type { Dataset } from "@lethe/datasets/dataset";
import { isUnattributed } from "@lethe/datasets/read-field";
import { findEmailInRecord } from "@lethe/privacy/find-email-in-record";
import { findMentionedPerson } from "@lethe/privacy/find-mentioned-person";
import type { FindSuppression } from "@lethe/privacy/suppression-list";

/**
 * Reports whether a record still names a person on the suppression list: by its own id or email, by an email in any
 * field, or, if no field identifies its person, anywhere in its text.
 */
export function namesSuppressed(
  dataset: Dataset,
  record: unknown,
  text: string,
  findSuppression: FindSuppression,
): boolean {
  const subject = dataset.subjectOf(record);
  const found = isUnattributed(subject)
    ? findMentionedPerson(text, findSuppression)
    : (findSuppression(subject.customerId, subject.email) ?? findEmailInRecord(record, findSuppression));
  return found !== undefined;
}
