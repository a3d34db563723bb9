import { identifiersInText } from "./identifiers-in-text.js";
import type { PrivacyKey } from "./privacy-key.js";
import type { FindSuppression } from "./suppression-list.js";

/**
 * Looks for a suppressed person in text that is no record (a broken line, a torn file): in everything that looks like
 * an id or an email, in any escape. Returns the person's key and id as far as the text tells.
 */
export function findMentionedPerson(
  text: string,
  findSuppression: FindSuppression,
): { readonly key: PrivacyKey; readonly customerId: string | null } | undefined {
  for (const { kind, value, suppression } of identifiersInText(text, findSuppression)) {
    return { key: suppression.key, customerId: kind === "customer-id" ? value : null };
  }
  return undefined;
}
