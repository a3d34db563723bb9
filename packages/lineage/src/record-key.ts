import type { TableDeclaration } from "@lethe/contracts/data-map";
import type { Dataset } from "@lethe/datasets/dataset";
import { canonicalCustomerId } from "@lethe/privacy/canonical-customer-id";
import { withoutNoise } from "@lethe/privacy/invisible-characters";

/** By what a dataset's records are known, in the input and in the warehouse alike. */
export interface RecordKey {
  /** The field of the input, and the column of the table. */
  readonly field: string;
  readonly table: TableDeclaration;
  /** The table of superseded versions, where there is one. */
  readonly history: TableDeclaration | undefined;
  /** The tables whose rows belong to a row of the table, with the column that both have. */
  readonly dependants: readonly { readonly table: string; readonly key: string }[];
  /** Whether the key identifies a person. */
  readonly isPersonal: boolean;
}

/**
 * Returns the key of a dataset's records: the field that is the primary key of one of its tables. Returns undefined for a dataset
 * without one: of erasure requests nothing is kept in plain that they could be found by.
 */
export function recordKeyOf(dataset: Dataset): RecordKey | undefined {
  const table = dataset.tables.find(
    ({ primaryKey, sourceFile }) => sourceFile !== undefined && Object.hasOwn(dataset.fields, primaryKey),
  );
  if (table === undefined) return undefined;
  const field = table.primaryKey;
  return {
    field,
    table,
    history: dataset.tables.find(({ name }) => name === table.history),
    dependants: dataset.tables.flatMap(({ name, belongsTo }) =>
      belongsTo?.table === table.name ? [{ table: name, key: belongsTo.key }] : [],
    ),
    isPersonal: dataset.fields[field]?.kind === "identifying",
  };
}

/** Returns a key in the form in which keys are compared; null for what is none. */
export function comparableKey({ isPersonal }: RecordKey, value: unknown): string | null {
  if (isPersonal) return canonicalCustomerId(value);
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? withoutNoise(value).trim().toLowerCase() : null;
}

/** Returns the key that a record has, in the form in which keys are compared. */
export function keyOfRecord(key: RecordKey, record: unknown): string | null {
  if (typeof record !== "object" || record === null || !Object.hasOwn(record, key.field)) return null;
  return comparableKey(key, Reflect.get(record, key.field));
}
