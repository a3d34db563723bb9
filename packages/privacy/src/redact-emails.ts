import { mayHoldEmail } from "./decoded-forms.js";
import { identifiersInText } from "./identifiers-in-text.js";
import { redactInText } from "./redact-in-text.js";
import type { FindSuppression } from "./suppression-list.js";

/**
 * Returns a text with the emails of suppressed people replaced, undefined when there are none: for a record of somebody
 * else that mentions them. JSON stays JSON where the emails stand in it without escapes.
 */
export function redactEmails(text: string, findSuppression: FindSuppression): string | undefined {
  if (!mayHoldEmail(text)) return undefined;
  return redactInText(text, (part) =>
    [...identifiersInText(part, findSuppression)].filter(({ kind }) => kind === "email"),
  );
}
