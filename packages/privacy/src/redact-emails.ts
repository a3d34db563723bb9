import { replaceEmails } from "./email-in-text.js";
import { REDACTED } from "./mask-value.js";
import type { FindSuppression } from "./suppression-list.js";

/**
 * Returns a text with the emails of suppressed people replaced, undefined when there are none: for a record of somebody
 * else that mentions them. JSON stays JSON.
 */
export function redactEmails(text: string, findSuppression: FindSuppression): string | undefined {
  let found = false;
  const redacted = replaceEmails(text, (email) => {
    if (findSuppression(null, email.normalize("NFC").toLowerCase()) === undefined) return email;
    found = true;
    return REDACTED;
  });
  return found ? redacted : undefined;
}
