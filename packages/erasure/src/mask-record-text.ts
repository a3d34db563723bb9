import type { Dataset } from "@lethe/datasets/dataset";
import type { Rewrite } from "@lethe/input-files/rewrite";
import { countMaskedValues } from "@lethe/privacy/count-masked-values";
import { findMentionedPerson } from "@lethe/privacy/find-mentioned-person";
import { type MaskRecordStrategies, maskRecord } from "@lethe/privacy/mask-record";
import { REDACTED } from "@lethe/privacy/mask-value";
import { type PrivacyKey, pseudonym } from "@lethe/privacy/privacy-key";
import type { FindSuppression } from "@lethe/privacy/suppression-list";

/** Told of every record that was masked: whose it is, as far as the record tells, and how many of its values changed. */
export type OnMasked = (alias: string | null, values: number) => void;

/** Makes the rewriting of a raw file's records: those of suppressed people are masked, all others stay. */
export function maskRawRecords(
  dataset: Dataset,
  strategies: MaskRecordStrategies,
  findSuppression: FindSuppression,
  onMasked: OnMasked,
): Rewrite {
  const mask = (record: unknown): { key: PrivacyKey; masked: unknown } | undefined => {
    const { customerId, email } = dataset.subjectOf(record);
    const key = findSuppression(customerId, email);
    if (key === undefined) return undefined;
    const masked = maskRecord(record, strategies, key);
    onMasked(customerId === null ? null : pseudonym(key, customerId), countMaskedValues(record, masked));
    return { key, masked };
  };
  return {
    json(text) {
      const record = parseJson(text);
      if (record === undefined) return redactMention(text, findSuppression, onMasked);
      const result = mask(record);
      return result === undefined ? undefined : JSON.stringify(result.masked);
    },
    csv(row) {
      const result = mask(dataset.fromCsv(row));
      if (result === undefined) return undefined;
      const masked = typeof result.masked === "object" && result.masked !== null ? result.masked : {};
      return Object.fromEntries(Object.keys(row).map((name) => [name, toCsvField(Reflect.get(masked, name))]));
    },
  };
}

/** Makes the rewriting of a processed file's records. */
export function maskProcessedRecords(
  dataset: Dataset,
  strategies: MaskRecordStrategies,
  findSuppression: FindSuppression,
  onMasked: OnMasked,
): Rewrite {
  return {
    json(text) {
      const record = parseJson(text);
      const { customerId, email } = dataset.subjectOf(record);
      const key = findSuppression(customerId, email);
      if (key === undefined) return undefined;
      const masked = dataset.maskProcessed(record, strategies, key);
      onMasked(customerId === null ? null : pseudonym(key, customerId), countMaskedValues(record, masked));
      return JSON.stringify(masked);
    },
    // Processed files are always JSON lines.
    csv: () => undefined,
  };
}

/** A line that is no record is redacted whole when it mentions somebody. */
function redactMention(text: string, findSuppression: FindSuppression, onMasked: OnMasked): string | undefined {
  const mentioned = findMentionedPerson(text, findSuppression);
  if (mentioned === undefined) return undefined;
  onMasked(mentioned.customerId === null ? null : pseudonym(mentioned.key, mentioned.customerId), 1);
  return REDACTED;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toCsvField(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
