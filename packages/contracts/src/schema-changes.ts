import Type, { type Static } from "typebox";

/**
 * What becomes of data whose fields differ from the contract (`LETHE_SCHEMA_CHANGES`). A record without a required field
 * is rejected in each of them.
 * - `freeze`: a batch with a new field, or without a column, is not loaded at all;
 * - `discard`: a new field is dropped, its record loads;
 * - `quarantine`: a record with a new field is rejected as `schema`.
 */
export const SCHEMA_MODES = ["freeze", "discard", "quarantine"] as const;
export type SchemaMode = (typeof SCHEMA_MODES)[number];

/** Stands for all fields that are not named: their names may be anything, or there are too many of them. */
export const OTHER_FIELDS = "(other)";

/** New fields that a run's report names. */
export const MOST_NEW_FIELDS = 50;

/** Reports whether a field's name, which comes from outside, may be shown: an email, a number or a sentence is none. */
export function isShownName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(name);
}

const SCHEMA_CHANGES = ["new", "missing"] as const;

const Count = Type.Integer({ minimum: 1 });

/** One field of a run's files that the contract does not know, or that it names and that was not there. */
export const SchemaChangeSchema = Type.Object({
  change: Type.Enum(SCHEMA_CHANGES),
  // `/delivery_address/city`; of the items of a list `/purchases/products/*/price`.
  field: Type.String(),
  /** Records that have the new field, or lack the missing one; of `(other)` at least so many. */
  records: Count,
  firstFile: Type.String(),
  /** 1-based; in an array or CSV file it counts records. */
  firstLine: Count,
});
export type SchemaChange = Static<typeof SchemaChangeSchema>;

/** The same of one batch. */
export const BatchSchemaChangeSchema = Type.Object({
  change: Type.Enum(SCHEMA_CHANGES),
  field: Type.String(),
  records: Count,
  fileId: Type.Integer(),
  line: Count,
});
export type BatchSchemaChange = Static<typeof BatchSchemaChangeSchema>;
