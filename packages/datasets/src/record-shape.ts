import { isShownName, OTHER_FIELDS } from "@lethe/contracts/schema-changes";
import Type, { type TObject, type TSchema } from "typebox";

/** The fields that a schema names, level by level. */
export interface RecordShape {
  /** Every field that a record may have. */
  readonly known: ReadonlyMap<string, KnownField>;
  /** Every field that it should have. */
  readonly wanted: readonly WantedField[];
}

interface KnownField {
  readonly object?: RecordShape;
  /** Of the objects in a list. */
  readonly items?: RecordShape;
}

interface WantedField {
  readonly name: string;
  /** It is there when one of these is. */
  readonly spellings: readonly string[];
  readonly required: boolean;
}

/** Fields by path, as `SchemaChange` has them; none of them holds a value of the record. */
export interface ShapeDifference {
  /** Fields that the shape does not know. */
  readonly unknown: ReadonlySet<string>;
  /** Required fields that are not there; of a list's items: that one of the items lacks. */
  readonly missing: ReadonlySet<string>;
  /** Optional fields that are not there. Those of a list's items are not looked at: one may have what another lacks. */
  readonly absent: ReadonlySet<string>;
}

/**
 * Reads the shape out of an object's schema. `spellings` says which names, at any level, are another spelling of which
 * field; of a field with several, one must be there.
 */
export function shapeOf(schema: TObject, spellings: Readonly<Record<string, string>> = {}): RecordShape {
  const names = Object.keys(schema.properties);
  const required = new Set<string>(schema.required);
  const nameOf = (spelling: string) => spellings[spelling] ?? spelling;
  return {
    known: new Map(Object.entries(schema.properties).map(([name, field]) => [name, knownField(field, spellings)])),
    wanted: [...new Set(names.map(nameOf))].map((name) => {
      const spelt = names.filter((spelling) => nameOf(spelling) === name);
      return { name, spellings: spelt, required: spelt.length > 1 || required.has(name) };
    }),
  };
}

/**
 * Describes how a record differs from a shape. What is null is there; of a field that is of another type than the shape's,
 * and of one that is not there, nothing below is looked at. A record that is no object differs in nothing.
 */
export function compareShape(shape: RecordShape, record: unknown): ShapeDifference {
  const difference = { unknown: new Set<string>(), missing: new Set<string>(), absent: new Set<string>() };
  if (isObject(record)) compareObject(shape, record, "", difference, difference.absent);
  return difference;
}

/** Returns a copy of a record without the fields that its shape does not know. */
export function keepKnown(shape: RecordShape, record: unknown): unknown {
  if (!isObject(record)) return record;
  const entries = Object.entries(record).flatMap(([name, value]) => {
    const field = shape.known.get(name);
    return field === undefined ? [] : [[name, keepKnownIn(field, value)] as const];
  });
  return Object.fromEntries(entries);
}

/** Reports whether a value is an object in JSON's sense. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function knownField(schema: TSchema, spellings: Readonly<Record<string, string>>): KnownField {
  if (Type.IsObject(schema)) return { object: shapeOf(schema, spellings) };
  if (Type.IsArray(schema) && Type.IsObject(schema.items)) return { items: shapeOf(schema.items, spellings) };
  return {};
}

interface Differences {
  readonly unknown: Set<string>;
  readonly missing: Set<string>;
}

function compareObject(
  shape: RecordShape,
  record: Readonly<Record<string, unknown>>,
  path: string,
  { unknown, missing }: Differences,
  absent: Set<string> | undefined,
): void {
  for (const name of Object.keys(record)) {
    const field = shape.known.get(name);
    if (field === undefined) {
      unknown.add(isShownName(name) ? `${path}/${name}` : OTHER_FIELDS);
      continue;
    }
    const value = record[name];
    if (field.object !== undefined && isObject(value)) {
      compareObject(field.object, value, `${path}/${name}`, { unknown, missing }, absent);
    }
    if (field.items === undefined || !Array.isArray(value)) continue;
    for (const item of value) {
      if (isObject(item)) compareObject(field.items, item, `${path}/${name}/*`, { unknown, missing }, undefined);
    }
  }
  for (const { name, spellings, required } of shape.wanted) {
    if (spellings.some((spelling) => Object.hasOwn(record, spelling))) continue;
    (required ? missing : absent)?.add(`${path}/${name}`);
  }
}

function keepKnownIn({ object, items }: KnownField, value: unknown): unknown {
  if (object !== undefined) return keepKnown(object, value);
  return items !== undefined && Array.isArray(value) ? value.map((item) => keepKnown(items, item)) : value;
}
