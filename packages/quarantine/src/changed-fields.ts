import { isDeepStrictEqual } from "node:util";

/** Stands for all fields that the dataset does not declare: names that come from outside may be anybody's. */
const OTHER = "(other)";

/** Returns the declared fields, by path, in which two records differ, and `(other)` if anything else of them does. */
export function changedFields(declared: readonly string[], before: unknown, after: unknown): string[] {
  const changed = declared.filter((path) => !isDeepStrictEqual(valueAt(before, path), valueAt(after, path)));
  const isOtherChanged = !isDeepStrictEqual(without(before, declared), without(after, declared));
  return isOtherChanged ? [...changed, OTHER] : changed;
}

function valueAt(record: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => fieldsOf(value)?.[name], record);
}

function without(record: unknown, declared: readonly string[]): unknown {
  const fields = fieldsOf(record);
  if (fields === undefined) return record;
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      if (declared.includes(name)) return [];
      const below = declared.flatMap((path) => (path.startsWith(`${name}.`) ? [path.slice(name.length + 1)] : []));
      if (below.length === 0 || fieldsOf(value) === undefined) return [[name, value]];
      const rest = without(value, below);
      return Object.keys(fieldsOf(rest) ?? {}).length === 0 ? [] : [[name, rest]];
    }),
  );
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return value as Readonly<Record<string, unknown>>;
}
