import type { FindSuppression, Suppression } from "./suppression-list.js";

/**
 * Looks for a suppressed person's email in any field of a record, at whatever depth. Ids are not looked for this way:
 * any number of six digits would do, a part of a second as well.
 */
export function findEmailInRecord(record: unknown, findSuppression: FindSuppression): Suppression | undefined {
  // A list of what is still to be looked at instead of recursion: a record may be nested deeper than the stack.
  const open: unknown[] = [record];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value === "string" && value.includes("@")) {
      const suppression = findSuppression(null, value.normalize("NFC").trim().toLowerCase());
      if (suppression !== undefined) return suppression;
    } else if (typeof value === "object" && value !== null) {
      // One by one: a call takes no more arguments than the stack has room for.
      for (const part of Object.values(value)) open.push(part);
    }
  }
  return undefined;
}
