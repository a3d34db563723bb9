/** Gives a text field of a record that may be of any form; null when there is none. */
export function textFieldOf(record: unknown, field: string): string | null {
  if (typeof record !== "object" || record === null || !Object.hasOwn(record, field)) return null;
  const value: unknown = Reflect.get(record, field);
  return typeof value === "string" ? value : null;
}
