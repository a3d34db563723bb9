import { withoutInvisible } from "./invisible-characters.js";

const ID_DIGITS = 6;
const CANONICAL = /^\d{6}$/;
/** A number as text, with zeros before it or behind its point. */
const NUMBER = /^0*(\d{1,6})(?:\.0*)?$/;

/**
 * Returns the canonical form of a customer id that came as text or number: six digits, whether it came as `4004`, `"4004"`,
 * `4004.0`, with blanks, invisible characters or full-width digits. Text of another form (a pseudonym, the id of an
 * emptied row, no id at all) is returned without the blanks around it. Returns null for a blank text and for what is neither
 * text nor number.
 */
export function canonicalCustomerId(value: unknown): string | null {
  if (typeof value === "string") return CANONICAL.test(value) ? value : fromText(value);
  if (typeof value !== "number") return null;
  return digitsOf(String(value)) ?? String(value);
}

function fromText(text: string): string | null {
  const visible = withoutInvisible(text);
  const digits = digitsOf(visible.normalize("NFKC").replace(/\s/g, ""));
  const trimmed = digits ?? visible.normalize("NFC").trim();
  return trimmed === "" ? null : trimmed;
}

function digitsOf(text: string): string | undefined {
  return NUMBER.exec(text)?.[1]?.padStart(ID_DIGITS, "0");
}
