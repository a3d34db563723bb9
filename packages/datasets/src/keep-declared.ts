import Type, { type TObject, type TSchema } from "typebox";
import { Check } from "typebox/value";
import type { FieldDeclaration } from "./field.js";
import { isObject } from "./record-shape.js";

/**
 * Returns a copy of a record of any form without what its schema does not know, at any depth: also within a group that is
 * declared as one field. A value that is declared as not about people is kept only if it fits its schema; otherwise it
 * could be anything, and becomes null. What is about people stays as it is: how it is masked, its declaration says.
 */
export function keepDeclared(
  schema: TObject,
  fields: Readonly<Record<string, FieldDeclaration>>,
  record: Readonly<Record<string, unknown>>,
  prefix = "",
): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (property === undefined) continue;
    const path = `${prefix}${name}`;
    const field = Object.hasOwn(fields, path) ? fields[path] : undefined;
    if (field !== undefined) kept[name] = field.kind === "neither" ? fitting(property, value) : value;
    else if (Type.IsObject(property) && isObject(value)) kept[name] = keepDeclared(property, fields, value, `${path}.`);
  }
  return kept;
}

function fitting(schema: TSchema, value: unknown): unknown {
  if (Type.IsObject(schema)) {
    if (!isObject(value)) return null;
    const entries = Object.entries(value).flatMap(([name, part]) => {
      const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
      return property === undefined ? [] : [[name, fitting(property, part)] as const];
    });
    return Object.fromEntries(entries);
  }
  if (Type.IsArray(schema)) return Array.isArray(value) ? value.map((item) => fitting(schema.items, item)) : null;
  return Check(schema, value) ? value : null;
}
