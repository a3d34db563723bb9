import Type, { type Static } from "typebox";

/**
 * What happens to data whose fields differ from the dataset's schema (`LETHE_SCHEMA_CHANGES`). Every mode rejects a record
 * without a required field.
 * - `freeze`: a batch with a new field or without a known column is not loaded;
 * - `discard`: new fields are dropped and the record is loaded;
 * - `quarantine`: a record with a new field is rejected as `schema`.
 */
export const SCHEMA_MODES = ["freeze", "discard", "quarantine"] as const;
export type SchemaMode = (typeof SCHEMA_MODES)[number];

/** Stands for the fields that a report does not name, because of their names or their number. */
export const OTHER_FIELDS = "(other)";

/** The most new fields that a run's report names. */
export const MOST_NEW_FIELDS = 50;

/** Reports whether a field's name from outside may be shown: it must look like a name, not like an email, a number or a sentence. */
export function isShownName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(name);
}

const SCHEMA_CHANGES = ["new", "missing"] as const;

const Count = Type.Integer({ minimum: 1 });

/** A field of a run's files that the dataset's schema does not know, or a field of the schema that was missing. */
export const SchemaChangeSchema = Type.Object({
  change: Type.Enum(SCHEMA_CHANGES),
  // For example `/delivery_address/city`, or `/purchases/products/*/price` for items of a list.
  field: Type.String(),
  /** The number of records that have the new field or lack the missing one; a lower bound for `(other)`. */
  records: Count,
  firstFile: Type.String(),
  /** Counted from 1. In a JSON array, records are counted; in a CSV file rows, as a spreadsheet shows them. */
  firstLine: Count,
});
export type SchemaChange = Static<typeof SchemaChangeSchema>;

/** A schema change of one batch. */
export const BatchSchemaChangeSchema = Type.Object({
  change: Type.Enum(SCHEMA_CHANGES),
  field: Type.String(),
  records: Count,
  fileId: Type.Integer(),
  line: Count,
});
export type BatchSchemaChange = Static<typeof BatchSchemaChangeSchema>;
