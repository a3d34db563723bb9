import { withoutInvisible } from "./invisible-characters.js";

const ID_DIGITS = 6;
const CANONICAL = /^\d{6}$/;
/** A number as text, with zeros before it or behind its point. */
const NUMBER = /^0*(\d{1,6})(?:\.0*)?$/;

/**
 * Returns the canonical form of a customer id that came as text or number: six digits, whether it came as `4004`, `"4004"`,
 * `4004.0`, with blanks, invisible characters, punctuation around it (`#4004`) or the digits of another script. Text of another form (a pseudonym, the id of an
 * emptied row, no id at all) is returned without the blanks around it. Returns null for a blank text and for what is neither
 * text nor number.
 */
export function canonicalCustomerId(value: unknown): string | null {
  if (typeof value === "string") return CANONICAL.test(value) ? value : fromText(value);
  if (typeof value !== "number") return null;
  return fromText(String(value));
}

function fromText(text: string): string | null {
  const visible = withoutInvisible(text);
  const digits = digitsOf(inAscii(visible).normalize("NFKC").replace(/\s/g, "")) ?? digitsOf(bare(visible));
  const trimmed = digits ?? visible.normalize("NFC").trim();
  return trimmed === "" ? null : trimmed;
}

function digitsOf(text: string): string | undefined {
  return NUMBER.exec(text)?.[1]?.padStart(ID_DIGITS, "0");
}

/** Returns the text without what stands around its letters and digits, which are taken as they are: `№` is no letter. */
function bare(text: string): string {
  return inAscii(text).replace(AROUND, "").replace(/\s/g, "");
}

const AROUND = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu;

/** Writes the decimal digits of all scripts as those of ASCII. */
function inAscii(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    let zero = code;
    // The digits of a script follow each other, beginning with its zero.
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
    return String((code - zero) % 10);
  });
}
