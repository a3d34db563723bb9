import { EMAIL_IN_TEXT } from "./email-in-text.js";
import type { PrivacyKey } from "./privacy-key.js";
import type { FindSuppression } from "./suppression-list.js";

const ID_OR_EMAIL = new RegExp(`(?<![0-9A-Za-z.])\\d{6}(?![0-9A-Za-z])|${EMAIL_IN_TEXT}`, "g");

/**
 * Looks for a suppressed person in text that is no record (a broken line, a torn file): in everything that looks like
 * an id or an email. Returns the person's key and id as far as the text tells.
 */
export function findMentionedPerson(
  text: string,
  findSuppression: FindSuppression,
): { readonly key: PrivacyKey; readonly customerId: string | null } | undefined {
  for (const [word] of text.matchAll(ID_OR_EMAIL)) {
    const isId = !word.includes("@");
    const suppression = isId ? findSuppression(word, null) : findSuppression(null, word.normalize("NFC").toLowerCase());
    if (suppression !== undefined) return { key: suppression.key, customerId: isId ? word : null };
  }
  return undefined;
}
