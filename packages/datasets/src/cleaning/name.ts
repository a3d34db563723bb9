import { withoutInvisible } from "@lethe/privacy/invisible-characters";
import { cleanText } from "./text.js";

/**
 * Returns the full name that parts of a name make up, as records of one person are compared by it: cleaned, in lower case,
 * with single spaces, without invisible characters. Returns null when no part says anything.
 */
export function fullName(parts: readonly (string | null)[]): string | null {
  const words = parts.map((part) => (part === null ? "" : cleanName(part))).filter((part) => part !== "");
  return words.length === 0 ? null : words.join(" ");
}

function cleanName(text: string): string {
  const visible = cleanText(withoutInvisible(text)) ?? "";
  return visible.toLowerCase().normalize("NFC");
}
