import { canonicalEmail } from "./canonical-email.js";
import { decodedForms } from "./decoded-forms.js";
import { isBehindIdWord, isPartOfNumber } from "./id-context.js";
import { withoutInvisible } from "./invisible-characters.js";
import type { FindSuppression, Suppression } from "./suppression-list.js";
import { isOtherScript, isWithoutBlanks } from "./words.js";

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
// A letter of a script that is not Latin may stand right beside an id, as in a script that puts no blanks between words.
const ID = /(?<![\p{Script=Latin}\p{N}\p{M}])\d{1,6}(?![\p{Script=Latin}\p{N}\p{M}])/gu;

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

// RFC 5321, section 4.5.3.1, and RFC 5322, section 3.2.3: what a local part may be made of, and what customers are loaded with
// besides. Quotation marks and brackets of the text around it are none of it, unless all of it is quoted.
const LONGEST_PART = 254;
const LOCAL = /[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~.,:-]+$/u;
const QUOTED = /"((?:[^"\\\s]|\\.)+)"$/;
const DOMAIN = /^[\p{L}\p{N}\p{M}_.-]+/u;
/** What may be a local part's, and as well stand before it. */
const BETWEEN = /[!#$%&*/=?^`{|}~,:]/;

/** What makes a file's name of an email. */
const FILE_ENDING = /(?:\.(?:json|ndjson|jsonl|csv|tsv|txt|xml|html?|eml|log|bak|tmp|gz|zip|[0-9a-f]{12}))+$/;

function* emailsAt(folded: string, at: number): Generator<Candidate> {
  const before = folded.slice(Math.max(at - LONGEST_PART, 0), at);
  const quoted = QUOTED.exec(before);
  const run = DOMAIN.exec(folded.slice(at + 1, at + 1 + LONGEST_PART))?.[0];
  if (run === undefined) return;
  const locals = quoted === null ? localsIn(LOCAL.exec(before)?.[0] ?? "") : [quoted[0], quoted[1] ?? ""];
  for (const domain of domainsIn(run)) {
    for (const local of locals) {
      // The quotation marks stand around a local part that is looked up without them.
      const written = quoted === null ? local : quoted[0];
      const [start, end] = [at - written.length, at + 1 + domain.length];
      yield { kind: "email", value: canonicalEmail(`${local}@${domain}`), start, end };
    }
  }
}

/** Places nearest to the at sign where an email may begin or end, although the run of its characters goes on. */
const MOST_CUTS = 8;

/** Returns the local parts that may stand at the end of a run of characters. */
function localsIn(run: string): ReadonlySet<string> {
  const locals = new Set([run, withoutJoints(run)]);
  let cuts = 0;
  for (let i = run.length - 1; i > 0 && cuts < MOST_CUTS; i--) {
    if (!BETWEEN.test(run.charAt(i - 1)) && !mayEndBetween(run, i)) continue;
    const local = run.slice(i);
    locals.add(local).add(withoutJoints(local));
    cuts += 1;
  }
  locals.delete("");
  return locals;
}

function withoutJoints(local: string): string {
  return local.replace(/^[.+\-_',:]+/, "");
}

/** Returns the domains that may stand at the beginning of a run of characters. */
function domainsIn(run: string): ReadonlySet<string> {
  const ends = [run.length];
  const dot = run.indexOf(".");
  for (let i = 1; i < run.length && ends.length <= MOST_CUTS / 2; i++) {
    const isBehindDot = dot !== -1 && dot < i - 1;
    // Without blanks, each letter may be the last: of a domain's last part, to look up no more than needs be.
    if (run.charAt(i) === "_" || (mayEndBetween(run, i) && (isBehindDot || !isWithoutBlanks(run.charCodeAt(i - 1))))) {
      ends.push(i);
    }
  }
  const domains = new Set<string>();
  for (const end of ends) {
    const domain = run.slice(0, end).replace(/[._-]+$/, "");
    domains.add(domain).add(domain.replace(FILE_ENDING, ""));
  }
  domains.delete("");
  return domains;
}

/**
 * Reports whether words may end before a place in a run: nobody puts blanks around an email in some scripts. A dot or hyphen
 * between two scripts joins nothing.
 */
function mayEndBetween(run: string, i: number): boolean {
  const before = run.charCodeAt(JOINT.test(run.charAt(i - 1)) ? i - 2 : i - 1);
  const behind = run.charCodeAt(JOINT.test(run.charAt(i)) ? i + 1 : i);
  return isOtherScript(before, behind) || (isWithoutBlanks(before) && isWithoutBlanks(behind));
}

const JOINT = /[.+_'-]/;
