import { canonicalCustomerId } from "@lethe/privacy/canonical-customer-id";
import type { Subject } from "./dataset.js";

/** Returns a text field of a record that may be of any form; null when there is none. */
export function textFieldOf(record: unknown, field: string): string | null {
  if (typeof record !== "object" || record === null || !Object.hasOwn(record, field)) return null;
  const value: unknown = Reflect.get(record, field);
  return typeof value === "string" ? value : null;
}

/**
 * Returns the customer id that a record of any form means, in its canonical form, or null. Also where it would be rejected
 * for the id's form: a suppressed person's record must not lie in quarantine in plain because a blank came with the id, or
 * because it came without its leading zeros.
 */
export function customerIdOf(record: unknown, field: string): string | null {
  if (typeof record !== "object" || record === null || !Object.hasOwn(record, field)) return null;
  return canonicalCustomerId(Reflect.get(record, field));
}

/** Reports whether no field of a record identifies its person, so that only the record's text can. */
export function isUnattributed({ customerId, email }: Subject): boolean {
  return customerId === null && email === null;
}
