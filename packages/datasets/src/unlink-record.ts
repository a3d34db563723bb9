import { ERASED_ID } from "@lethe/privacy/erased-id";
import type { FieldDeclaration } from "./field.js";
import { isObject } from "./record-shape.js";

/** A dataset's fields by path, and whether a field without a declaration is one of the cleaned record's own. */
export interface UnlinkedFields {
  readonly fields: Readonly<Record<string, FieldDeclaration>>;
  /** Fields that the cleaned record has and the input does not: they are kept. */
  readonly own?: readonly string[];
}

/**
 * Returns a copy of a record in which nothing ties it to its person, or to other records of the person: an id becomes the
 * shared one, the record's own id becomes `recordId`, a value about people goes, all else is left as declared. A field
 * without a declaration is dropped.
 */
export function unlinkRecord(
  { fields, own = [] }: UnlinkedFields,
  record: Readonly<Record<string, unknown>>,
  recordId: string | null,
  prefix = "",
): Record<string, unknown> {
  const unlinked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    // No dataset has a field of such a name; as a path it would pass for a nested one.
    if (name.includes(".")) continue;
    const path = `${prefix}${name}`;
    const field = Object.hasOwn(fields, path) ? fields[path] : undefined;
    if (field !== undefined) unlinked[name] = unlinkValue(field, value, recordId);
    else if (own.includes(path)) unlinked[name] = value;
    else if (isObject(value) && Object.keys(fields).some((declared) => declared.startsWith(`${path}.`))) {
      unlinked[name] = unlinkRecord({ fields, own }, value, recordId, `${path}.`);
    }
  }
  return unlinked;
}

/**
 * Returns what is left of a record that must not count again: the shared id, and null for every other field. Fields that
 * stand in groups are named by their groups.
 */
export function emptiedRecord(fields: Readonly<Record<string, FieldDeclaration>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).map(([path, field]) => [path.split(".")[0] ?? path, isId(field) ? ERASED_ID : null]),
  );
}

/** Reports whether a record is one that `emptiedRecord` made, in whatever order its fields stand. */
export function isEmptied(fields: Readonly<Record<string, FieldDeclaration>>, record: unknown): boolean {
  if (!isObject(record)) return false;
  const entries = Object.entries(record);
  return (
    entries.some(([name, value]) => value === ERASED_ID && isId(fields[name])) &&
    entries.every(([name, value]) => value === null || (value === ERASED_ID && isId(fields[name])))
  );
}

function unlinkValue(field: FieldDeclaration, value: unknown, recordId: string | null): unknown {
  if (isId(field)) return ERASED_ID;
  if (field.unlink === "record-id") return recordId;
  if (field.unlink !== undefined) return field.unlink(value);
  return field.kind === "neither" ? value : null;
}

function isId(field: FieldDeclaration | undefined): boolean {
  return field?.kind === "identifying" && field.of === "customer-id";
}
