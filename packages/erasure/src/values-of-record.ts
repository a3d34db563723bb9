import type { TableDeclaration } from "@lethe/contracts/data-map";
import type { Dataset } from "@lethe/datasets/dataset";
import type { SubjectValues } from "./subject-values.js";

export type SearchedValue = SubjectValues["values"][number];

/** Returns the values of an input record that are searched for. The record may be of any form. */
export function valuesOfRecord({ fields }: Dataset, record: unknown): SearchedValue[] {
  return Object.keys(fields).flatMap((path) => {
    const value = path.split(".").reduce<unknown>(fieldOf, record);
    return searched(fields[path], value);
  });
}

/** Returns the values of a table's row that are searched for. The row is given as `to_jsonb` makes it. */
export function valuesOfRow(
  { fields }: Dataset,
  { columns }: TableDeclaration,
  row: Readonly<Record<string, unknown>>,
): SearchedValue[] {
  return Object.entries(columns).flatMap(([name, column]) => {
    const path = column.kind === "neither" ? undefined : column.field;
    return path === undefined ? [] : searched(fields[path], row[name]);
  });
}

function searched(field: Dataset["fields"][string] | undefined, value: unknown): SearchedValue[] {
  if (field?.kind !== "personal" || field.search === undefined) return [];
  const isText = (typeof value === "string" && value.trim() !== "") || typeof value === "number";
  return isText ? [{ kind: field.search, value: String(value) }] : [];
}

function fieldOf(record: unknown, name: string): unknown {
  return typeof record === "object" && record !== null && Object.hasOwn(record, name)
    ? Reflect.get(record, name)
    : undefined;
}
