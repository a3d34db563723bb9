import type { Dataset, Subject } from "@lethe/datasets/dataset";
import { DEEPEST_NESTING, isNestedDeeper } from "@lethe/datasets/nesting";
import { isUnattributed } from "@lethe/datasets/read-field";
import { repeatedIdentifierIn } from "@lethe/datasets/repeated-identifier";
import type { Rewrite } from "@lethe/input-files/rewrite";
import { countMaskedValues } from "@lethe/privacy/count-masked-values";
import { findEmailInRecord } from "@lethe/privacy/find-email-in-record";
import { findMentionedPerson } from "@lethe/privacy/find-mentioned-person";
import type { MaskRecordStrategies } from "@lethe/privacy/mask-record";
import { REDACTED } from "@lethe/privacy/mask-value";
import { pseudonym } from "@lethe/privacy/privacy-key";
import { redactEmails } from "@lethe/privacy/redact-emails";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import { namesSuppressed } from "./names-suppressed.js";
import { parseJson } from "./parse-json.js";

/** Told of every record that was masked: whose it is, as far as the record tells, and how many of its values changed. */
export type OnMasked = (alias: string | null, values: number) => void;

/** With what records of files are masked. */
export interface FileMasking {
  /** The policy's strategies for the dataset's fields. */
  readonly strategies: MaskRecordStrategies;
  /** The ids that records were given in the warehouse. A record without one was never counted, or must not count again. */
  readonly replacementOf: (recordHash: Buffer) => string | undefined;
}

/**
 * Creates the rewriting of a raw file's records: those of suppressed people are masked by the outcome that applies to each,
 * all others stay.
 */
export function maskRawRecords(
  dataset: Dataset,
  masking: FileMasking,
  findSuppression: FindSuppression,
  onMasked: OnMasked,
): Rewrite {
  const repeatedIdentifier = repeatedIdentifierIn(dataset);
  const mask = (record: unknown, { customerId, email, name }: Subject): unknown => {
    const suppression = findSuppression(customerId, email, name);
    if (suppression === undefined) return undefined;
    const masked = dataset.mask(record, { ...masking, ...suppression });
    onMasked(customerId === null ? null : pseudonym(suppression.key, customerId), countMaskedValues(record, masked));
    return masked;
  };
  // A masked record may no longer say whose it is; where it still mentions somebody then, in a field that is kept, none of it
  // stays.
  return {
    json(text) {
      const record = parseJson(text);
      const subject = dataset.subjectOf(record);
      if (isUnattributed(subject)) return redactMention(text, findSuppression, onMasked);
      if (isNestedDeeper(DEEPEST_NESTING, record, text) || repeatedIdentifier(text) !== undefined) {
        return redactWhole(record, text, subject, findSuppression, onMasked);
      }
      const masked = mask(record, subject);
      if (masked === undefined) return redactEmailsIn(record, text, findSuppression, onMasked);
      const maskedText = JSON.stringify(masked);
      return namesSuppressed(dataset, masked, maskedText, findSuppression) ? REDACTED : maskedText;
    },
    csv(row) {
      const record = dataset.fromCsv(row);
      const subject = dataset.subjectOf(record);
      const fields = Object.entries(row);
      const filledWith = (value: string) => Object.fromEntries(fields.map(([name]) => [name, value]));
      const text = JSON.stringify(row);
      if (isUnattributed(subject) || isNestedDeeper(DEEPEST_NESTING, record, text)) {
        const redacted = redactWhole(record, text, subject, findSuppression, onMasked);
        return redacted === undefined ? undefined : filledWith(redacted);
      }
      const masked = mask(record, subject);
      if (masked !== undefined) {
        const values = typeof masked === "object" && masked !== null ? masked : {};
        const maskedRow = Object.fromEntries(fields.map(([name]) => [name, toCsvField(Reflect.get(values, name))]));
        const maskedText = JSON.stringify(maskedRow);
        if (!namesSuppressed(dataset, dataset.fromCsv(maskedRow), maskedText, findSuppression)) return maskedRow;
        return filledWith(REDACTED);
      }
      const redacted = fields.map(([name, field]) => [name, redactEmails(field, findSuppression) ?? field] as const);
      const count = redacted.filter(([name, field]) => field !== row[name]).length;
      if (count === 0) return undefined;
      onMasked(null, count);
      return Object.fromEntries(redacted);
    },
  };
}

/** Creates the rewriting of a processed file's records. One of which nothing may be left there becomes an empty line. */
export function maskProcessedRecords(
  dataset: Dataset,
  masking: FileMasking,
  findSuppression: FindSuppression,
  onMasked: OnMasked,
): Rewrite {
  return {
    json(text) {
      const record = parseJson(text);
      const { customerId, email, name } = dataset.subjectOf(record);
      const suppression = findSuppression(customerId, email, name);
      if (suppression === undefined) return redactEmailsIn(record, text, findSuppression, onMasked);
      const masked = dataset.maskProcessed(record, { ...masking, ...suppression });
      onMasked(customerId === null ? null : pseudonym(suppression.key, customerId), countMaskedValues(record, masked));
      return masked === null ? "" : JSON.stringify(masked);
    },
    // Processed files are always JSON lines.
    csv: () => undefined,
  };
}

/** In a record of somebody else, nothing is redacted but the emails. */
function redactEmailsIn(
  record: unknown,
  text: string,
  findSuppression: FindSuppression,
  onMasked: OnMasked,
): string | undefined {
  // An email that is written with escapes shows only without them.
  const plain = findEmailInRecord(record, findSuppression) === undefined ? text : JSON.stringify(record);
  const redacted = redactEmails(plain, findSuppression);
  if (redacted !== undefined) onMasked(null, 1);
  return redacted;
}

/** A record that cannot be masked field by field is redacted whole when it is somebody's, or mentions somebody. */
function redactWhole(
  record: unknown,
  text: string,
  { customerId, email }: Subject,
  findSuppression: FindSuppression,
  onMasked: OnMasked,
): string | undefined {
  const key = (findSuppression(customerId, email) ?? findEmailInRecord(record, findSuppression))?.key;
  if (key === undefined) return redactMention(text, findSuppression, onMasked);
  onMasked(customerId === null ? null : pseudonym(key, customerId), 1);
  return REDACTED;
}

/** A line that is no record, or nobody's, is redacted whole when it mentions somebody. */
function redactMention(text: string, findSuppression: FindSuppression, onMasked: OnMasked): string | undefined {
  const mentioned = findMentionedPerson(text, findSuppression);
  if (mentioned === undefined) return undefined;
  onMasked(mentioned.customerId === null ? null : pseudonym(mentioned.key, mentioned.customerId), 1);
  return REDACTED;
}

function toCsvField(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
