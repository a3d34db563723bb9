import { canonicalEmail } from "@lethe/privacy/canonical-email";
import { mayHoldNoise, withoutInvisible, withoutNoise } from "@lethe/privacy/invisible-characters";

// Printable ASCII with single spaces between words is clean as it is, and nearly all text is that. To find that out costs a
// tenth of NFC, which copies the text to look at it.
const CLEAN_LINE = /^(?:[!-~]+(?: [!-~]+)*)?$/;
const CLEAN_LINES = /^(?:[!-~]+(?:[ \n][!-~]+)*)?$/;

/** Cleans a text of one line: characters that nobody sees go (`withoutNoise`), NFC, runs of white space (line breaks too) become one space, ends are trimmed. */
export function cleanText(text: string | null): string | null {
  if (text === null || CLEAN_LINE.test(text)) return text;
  return withoutNoiseInNfc(text).replace(/\s+/g, " ").trim();
}

/** To drop a character can put marks into another order, in which another character does not matter any more. */
function withoutNoiseInNfc(text: string): string {
  let clean = text.normalize("NFC");
  while (mayHoldNoise(clean)) {
    const next = withoutNoise(clean).normalize("NFC");
    if (next === clean) break;
    clean = next;
  }
  return clean;
}

/** Cleans an address: each line as `cleanText` does, empty lines go, line breaks between lines stay. */
export function cleanAddress(text: string | null): string | null {
  if (text === null || CLEAN_LINES.test(text)) return text;
  if (!text.includes("\n") && !text.includes("\r")) return cleanText(text);
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => cleanText(line) ?? "")
    .filter((line) => line !== "")
    .join("\n");
}

// A letter of the other case may compose with a mark that the first one did not, so NFC comes again after the case.

/** Cleans an email address: gives it the canonical form by which people are compared. */
export function cleanEmail(text: string | null): string | null {
  return text === null ? null : canonicalEmail(text);
}

/** Cleans a postcode: as `cleanText`, in upper case; no character that nobody sees matters in one. */
export function cleanPostcode(text: string | null): string | null {
  if (text !== null && CLEAN_LINE.test(text)) return text.toUpperCase();
  return (
    cleanText(text === null ? null : withoutInvisible(text))
      ?.toUpperCase()
      .normalize("NFC") ?? null
  );
}
