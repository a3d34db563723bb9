import type { Dataset } from "@lethe/datasets/dataset";
import { keepKnown } from "@lethe/datasets/record-shape";
import { recordWithoutNoise } from "@lethe/datasets/without-noise";
import type { PrivacyKey } from "@lethe/privacy/privacy-key";

/** A row of the warehouse by column, as `to_jsonb` writes it. */
export type StoredRow = Readonly<Record<string, unknown>>;

/**
 * Reports whether a row was made of a record: whether the record, cleaned as the pipeline cleans it, has the row's value in each
 * column that both have. Of two versions of one key in one file, that tells which line is whose.
 */
export function matchesRow(dataset: Dataset, record: unknown, row: StoredRow): boolean {
  const known = keepKnown(dataset.shape, recordWithoutNoise(record, JSON.stringify(record)));
  if (dataset.check(known) !== undefined) return false;
  const accepted = dataset.accept(known, PLACE, [], NO_KEY);
  if ("rejection" in accepted) return false;
  const cleaned = JSON.parse(accepted.processed) as Readonly<Record<string, unknown>>;
  return Object.entries(cleaned).every(([name, value]) => !Object.hasOwn(row, name) || isSame(value, row[name]));
}

/** Decides nothing here: only what follows from the record itself is looked at. */
const PLACE = { ordinal: 0, fileId: 0, line: 0, partitionStart: "1970-01-01T00:00:00Z", masked: false };
const NO_KEY: PrivacyKey = { id: "", secret: Buffer.alloc(0) };

/** PostgreSQL writes numbers without the zeros at their ends, and instants in a form of its own. */
function isSame(cleaned: unknown, stored: unknown): boolean {
  if (cleaned === null || stored === null) return cleaned === stored;
  if (typeof cleaned === "object" || typeof stored === "object") return true;
  if (typeof stored === "number") return Number(cleaned) === stored;
  return String(cleaned) === String(stored) || sameInstant(String(cleaned), String(stored));
}

function sameInstant(a: string, b: string): boolean {
  return INSTANT.test(a) && INSTANT.test(b) && Date.parse(a) === Date.parse(b);
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T/;
