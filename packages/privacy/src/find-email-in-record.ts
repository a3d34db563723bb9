import type { PrivacyKey } from "./privacy-key.js";
import type { FindSuppression } from "./suppression-list.js";

/**
 * Looks for a suppressed person's email in any field of a record, at whatever depth. Ids are not looked for this way:
 * any number of six digits would do, a part of a second as well.
 */
export function findEmailInRecord(record: unknown, findSuppression: FindSuppression): PrivacyKey | undefined {
  if (typeof record === "string") {
    if (!record.includes("@")) return undefined;
    return findSuppression(null, record.normalize("NFC").trim().toLowerCase());
  }
  if (typeof record !== "object" || record === null) return undefined;
  for (const value of Object.values(record)) {
    const key = findEmailInRecord(value, findSuppression);
    if (key !== undefined) return key;
  }
  return undefined;
}
