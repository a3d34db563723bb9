import { mayHoldEmail } from "./decoded-forms.js";
import { identifiersInText } from "./identifiers-in-text.js";
import type { FindSuppression, Suppression } from "./suppression-list.js";

/**
 * Looks for a suppressed person's email in a record: in any field or name of a field, at whatever depth, in any escape.
 * Ids are not looked for this way: any number of six digits would do, a part of a second as well.
 */
export function findEmailInRecord(record: unknown, findSuppression: FindSuppression): Suppression | undefined {
  // A list of what is still to be looked at instead of recursion: a record may be nested deeper than the stack.
  const open: unknown[] = [record];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value === "string" && mayHoldEmail(value)) {
      for (const { kind, suppression } of identifiersInText(value, findSuppression)) {
        if (kind === "email") return suppression;
      }
    } else if (typeof value === "object" && value !== null) {
      const isList = Array.isArray(value);
      // One by one: a call takes no more arguments than the stack has room for.
      for (const [name, part] of Object.entries(value)) {
        if (!isList) open.push(name);
        open.push(part ?? null);
      }
    }
  }
  return undefined;
}
