import type { Subject } from "./dataset.js";

/** Returns a text field of a record that may be of any form; null when there is none. */
export function textFieldOf(record: unknown, field: string): string | null {
  if (typeof record !== "object" || record === null || !Object.hasOwn(record, field)) return null;
  const value: unknown = Reflect.get(record, field);
  return typeof value === "string" ? value : null;
}

const ID_DIGITS = 6;

/**
 * Returns the customer id that a record of any form means, or null. Also where it would be rejected for the id's form: a
 * suppressed person's record must not lie in quarantine in plain because a space came with the id, or because it came as a
 * number and so without its leading zeros.
 */
export function customerIdOf(record: unknown, field: string): string | null {
  const text = textFieldOf(record, field);
  if (text !== null) return text.trim();
  if (typeof record !== "object" || record === null || !Object.hasOwn(record, field)) return null;
  const value: unknown = Reflect.get(record, field);
  return typeof value === "number" ? String(value).padStart(ID_DIGITS, "0") : null;
}

/** Reports whether no field of a record identifies its person, so that only the record's text can. */
export function isUnattributed({ customerId, email }: Subject): boolean {
  return customerId === null && email === null;
}
