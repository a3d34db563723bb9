import { randomUUID } from "node:crypto";
import type { Dataset, ErasedRecord } from "@lethe/datasets/dataset";
import type { Masking } from "@lethe/datasets/masking";
import { ERASED_ID } from "@lethe/privacy/erased-id";
import type { MaskRecordStrategies } from "@lethe/privacy/mask-record";
import type { PrivacyKey } from "@lethe/privacy/privacy-key";
import type { Suppression } from "@lethe/privacy/suppression-list";
import { type KeptRecord, keepMasked, type MaskingRules, type SubjectKeys } from "./kept-record.js";

/** A record of a suppressed person, masked on its way in. */
export interface ArrivedRecord {
  readonly record: unknown;
  /** Set for a record that counts once under a new id. */
  readonly erased?: ErasedRecord;
  /** What quarantine keeps of the record if it waits for another one. */
  readonly waiting: KeptRecord;
  /** What quarantine keeps of it if it cannot be taken at all. */
  readonly rejected: KeptRecord;
}

/** Masks a record of a suppressed person by the outcome that applies to the person. */
export function maskArrived(
  dataset: Dataset,
  rules: MaskingRules,
  record: unknown,
  subject: SubjectKeys,
  { key, outcome }: Suppression,
): ArrivedRecord {
  const { strategies, replacements } = rules;
  const replacementOf = (hash: Buffer) => replacements?.get(hash.toString("hex")) ?? randomUUID();
  if (outcome === "pseudonymise") {
    const masking: Masking = { outcome, key, strategies, replacementOf: () => undefined };
    const masked = dataset.mask(record, masking);
    const kept = keepMasked(rules, masked, subject, key);
    return { record: masked, waiting: kept, rejected: kept };
  }
  const masked = dataset.mask(record, { outcome, key, strategies, replacementOf });
  const recordHash = dataset.recordHash(record, key);
  const originalId = dataset.recordIdOf(record);
  return {
    record: masked,
    waiting: keepUnlinked(masked),
    rejected: keepUnlinked(dataset.emptied),
    ...(recordHash !== null &&
      originalId !== null && {
        erased: { recordHash, originalId, keyId: key.id, isFolded: outcome === "aggregate" && dataset.fold !== null },
      }),
  };
}

/**
 * Masks a record that an erasure has unlinked before, and that comes back with a masked file: nobody's any more, it keeps the
 * id that it has, and loses whatever else somebody may have added to it.
 */
export function maskUnlinked(
  dataset: Dataset,
  strategies: MaskRecordStrategies,
  record: unknown,
  key: PrivacyKey,
): ArrivedRecord {
  const masked = dataset.mask(record, { outcome: "unlink", key, strategies, replacementOf: () => undefined });
  return { record: masked, waiting: keepUnlinked(masked), rejected: keepUnlinked(dataset.emptied) };
}

function keepUnlinked(record: unknown): KeptRecord {
  return {
    payload: JSON.stringify(record),
    encoding: "utf8",
    subject: { customerId: ERASED_ID, email: null },
  };
}
