/** Counts the single values that masking changed in a record, at whatever depth; a field that it dropped counts too. */
export function countMaskedValues(before: unknown, after: unknown): number {
  if (isContainer(before)) {
    const masked = isContainer(after) ? after : {};
    return Object.entries(before).reduce(
      (count, [name, value]) => count + countMaskedValues(value, Reflect.get(masked, name)),
      0,
    );
  }
  if (before === null || before === undefined) return 0;
  return before === after ? 0 : 1;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
