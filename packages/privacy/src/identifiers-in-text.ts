import { canonicalEmail } from "./canonical-email.js";
import { decodedForms } from "./decoded-forms.js";
import { isBehindIdWord, isPartOfNumber } from "./id-context.js";
import { withoutInvisible } from "./invisible-characters.js";
import type { FindSuppression, Suppression } from "./suppression-list.js";

/** An id or email of a suppressed person that a text holds. */
export interface FoundIdentifier {
  readonly kind: "customer-id" | "email";
  /** In its canonical form. */
  readonly value: string;
  readonly suppression: Suppression;
  /** Where it stands in the text; undefined where it shows only once escapes are resolved or the text is folded. */
  readonly start: number | undefined;
  readonly end: number | undefined;
}

/**
 * Yields the ids and emails of suppressed people in text, whatever it is (a broken line, a torn file, a note), in any
 * normal form and escape. The suppression list holds only hashes, so all that looks like an id or an email is looked up.
 */
export function* identifiersInText(text: string, findSuppression: FindSuppression): Generator<FoundIdentifier> {
  for (const form of decodedForms(text)) {
    const folded = plain(form);
    for (const { kind, value, start, end } of candidatesIn(folded)) {
      const suppression = kind === "email" ? findSuppression(null, value) : findSuppression(value, null);
      if (suppression === undefined) continue;
      const isInPlace = form === text && plain(text.slice(start, end)) === folded.slice(start, end);
      yield { kind, value, suppression, start: isInPlace ? start : undefined, end: isInPlace ? end : undefined };
    }
  }
}

/** Hashes are of canonical identifiers, so texts are brought no further from what they were than those are. */
function plain(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return withoutInvisible(text.normalize("NFKC"))
    .normalize("NFKC")
    .toLowerCase()
    .normalize("NFKC")
    .replaceAll("。", ".");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII begins with them.
const ASCII = /^[\x00-\x7f]*$/;

interface Candidate {
  readonly kind: "customer-id" | "email";
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

const ID_DIGITS = 6;
const ID = /(?<![\p{L}\p{N}\p{M}])\d{1,6}(?![\p{L}\p{N}\p{M}])/gu;

function* candidatesIn(folded: string): Generator<Candidate> {
  for (let at = folded.indexOf("@"); at !== -1; at = folded.indexOf("@", at + 1)) yield* emailsAt(folded, at);
  for (const match of folded.matchAll(ID)) {
    const [digits] = match;
    const [start, end] = [match.index, match.index + digits.length];
    if (isPartOfNumber(folded, start, end)) continue;
    if (digits.length < ID_DIGITS && !isBehindIdWord(folded, start)) continue;
    yield { kind: "customer-id", value: digits.padStart(ID_DIGITS, "0"), start, end };
  }
}

// RFC 5321, section 4.5.3.1, and RFC 5322, section 3.2.3: what a local part may be made of. Quotation marks and brackets of
// the text around it are none of it.
const LONGEST_PART = 254;
const LOCAL = /[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~.-]+$/u;
const DOMAIN = /^[\p{L}\p{N}\p{M}.-]+/u;
/** What may be a local part's, and as well stand before it. */
const BETWEEN = /[!#$%&*/=?^`{|}~]/;

/** What makes a file's name of an email. */
const FILE_ENDING = /(?:\.(?:json|ndjson|jsonl|csv|tsv|txt|xml|html?|eml|log|bak|tmp|gz|zip|[0-9a-f]{12}))+$/;

function* emailsAt(folded: string, at: number): Generator<Candidate> {
  const local = LOCAL.exec(folded.slice(Math.max(at - LONGEST_PART, 0), at))?.[0];
  const domain = DOMAIN.exec(folded.slice(at + 1, at + 1 + LONGEST_PART))?.[0].replace(/[.-]+$/, "");
  if (local === undefined || domain === undefined || domain === "") return;
  const parts = local.split(BETWEEN);
  const last = parts[parts.length - 1] ?? "";
  for (const host of new Set([domain, domain.replace(FILE_ENDING, "")])) {
    for (const part of new Set([local, last, last.replace(/^[.+\-_']+/, "")])) {
      if (part === "" || host === "") continue;
      const [start, end] = [at - part.length, at + 1 + host.length];
      yield { kind: "email", value: canonicalEmail(`${part}@${host}`), start, end };
    }
  }
}
