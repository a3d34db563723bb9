import { decodedForms } from "./decoded-forms.js";
import { foldText } from "./fold-text.js";
import { formsOfEmail } from "./forms-of-email.js";
import { isBehindIdWord, isPartOfNumber } from "./id-context.js";
import { createPhoneIndex } from "./phone-search.js";
import { isOtherScript, type Word, wordsOf } from "./words.js";

/** What a value that is searched for is. The first two identify a person; the others may be of several people. */
export const SEARCHED_KINDS = ["customer-id", "email", "name", "phone", "address"] as const;
export type SearchedKind = (typeof SEARCHED_KINDS)[number];

/** A person by everything that is known of them. */
export interface SearchedPerson {
  /** What a finding names: the id of the erasure. */
  readonly erasureId: string;
  readonly ids: readonly string[];
  readonly emails: readonly string[];
  /** Full names. A name of one word is not searched for: it is that of many. */
  readonly names: readonly string[];
  /** Other values: kinds `phone`, `address` and `postcode` are searched for. */
  readonly values: readonly { readonly kind: string; readonly value: string }[];
}

export interface FoundValue {
  readonly erasureId: string;
  readonly kind: SearchedKind;
  /** Where it stands in the text; undefined where it shows only once escapes are resolved or the text is folded. */
  readonly start: number | undefined;
  readonly end: number | undefined;
}

export interface ValueSearch {
  /** Returns what a text holds of the people, each value once for each form of the text that it shows in. */
  find(text: string): FoundValue[];
}

/** Reports whether a value identifies its person by itself. */
export function isIdentifier(kind: SearchedKind): boolean {
  return kind === "customer-id" || kind === "email";
}

/**
 * Creates a search for all values of many people at once. Its time grows with the text, not with the number of people. It
 * finds ids, emails, full names, phone numbers, addresses, and postcodes together with a street, in any normal form, case
 * and escape, beside any punctuation. Ids without their leading zeros are found behind a word such as `id` alone. `between`
 * are words, such as names of fields, that may stand between the words of a name or an address.
 */
export function createValueSearch(
  people: readonly SearchedPerson[],
  between: ReadonlySet<string> = new Set(),
): ValueSearch {
  const root = createNode();
  for (const person of people) for (const pattern of patternsOf(person)) addPattern(root, pattern);
  const mayBegin = new Uint8Array(TRAITS);
  for (const word of root.next.keys()) mayBegin[traitsOf(word, 0, word.length)] = 1;
  const phones = createPhoneIndex(
    people.flatMap(({ erasureId, values }) =>
      values.filter(({ kind }) => kind === "phone").map(({ value }) => ({ erasureId, value })),
    ),
  );
  return {
    find(text) {
      if (root.next.size === 0 && phones.isEmpty) return [];
      return decodedForms(text).flatMap((form) => findInForm(form, form === text ? text : undefined));
    },
  };

  function findInForm(form: string, original: string | undefined): FoundValue[] {
    const folded = foldText(form);
    const found: FoundValue[] = [];
    const parts = new Map<string, Set<PatternKind>>();
    const report = (erasureId: string, kind: SearchedKind, start: number, end: number) => {
      const isInPlace = original !== undefined && foldText(original.slice(start, end)) === folded.slice(start, end);
      found.push({ erasureId, kind, start: isInPlace ? start : undefined, end: isInPlace ? end : undefined });
    };
    const words = wordsOf(folded);
    for (let i = 0; i < words.starts.length; i++) {
      if (mayBegin[traitsOf(folded, words.starts[i] ?? 0, words.ends[i] ?? 0)] !== 1) continue;
      let node = root;
      let skipped = 0;
      for (let j = i; j < words.starts.length; j++) {
        const word = words.at(j);
        const next = node.next.get(word);
        if (next === undefined) {
          if (j === i || !between.has(word) || ++skipped > MOST_BETWEEN) break;
          continue;
        }
        node = next;
        for (const pattern of node.ends) {
          const start = (words.starts[i] ?? 0) - pattern.lead;
          const end = (words.ends[j] ?? 0) + pattern.trail;
          if (!standsAt(folded, pattern, start, end)) continue;
          if (pattern.kind === "street" || pattern.kind === "postcode") {
            const both = parts.get(pattern.erasureId) ?? new Set();
            parts.set(pattern.erasureId, both.add(pattern.kind));
          } else report(pattern.erasureId, toKind(pattern.kind), start, end);
        }
      }
    }
    for (const [erasureId, kinds] of parts) {
      if (kinds.size === 2) found.push({ erasureId, kind: "address", start: undefined, end: undefined });
    }
    for (const { erasureId, start, end } of phones.find(folded)) report(erasureId, "phone", start, end);
    return found;
  }
}

const MOST_BETWEEN = 4;

type PatternKind = "id" | "short-id" | "email" | "name" | "address" | "street" | "postcode";

interface Pattern {
  readonly erasureId: string;
  readonly kind: PatternKind;
  readonly words: readonly string[];
  /** The folded text, for a pattern of which the punctuation counts. */
  readonly exact: string | undefined;
  /** Characters of `exact` before its first word, and behind its last. */
  readonly lead: number;
  readonly trail: number;
}

const TRAITS = 0x10000;

/** Returns a number that a word shares with few others, at less than the cost of looking the word up. */
function traitsOf(text: string, start: number, end: number): number {
  const [first, last] = [text.charCodeAt(start), text.charCodeAt(end - 1)];
  return (first * 521 + last * 31 + (end - start)) & (TRAITS - 1);
}

interface Node {
  readonly next: Map<string, Node>;
  readonly ends: Pattern[];
}

function createNode(): Node {
  return { next: new Map(), ends: [] };
}

function addPattern(root: Node, pattern: Pattern): void {
  if (pattern.words.length === 0) return;
  let node = root;
  for (const word of pattern.words) {
    const next = node.next.get(word) ?? createNode();
    node.next.set(word, next);
    node = next;
  }
  const isThere = node.ends.some(
    ({ erasureId, kind, exact }) => erasureId === pattern.erasureId && kind === pattern.kind && exact === pattern.exact,
  );
  if (!isThere) node.ends.push(pattern);
}

function* patternsOf({ erasureId, ids, emails, names, values }: SearchedPerson): Generator<Pattern> {
  const loose = (kind: PatternKind, words: readonly string[]): Pattern => {
    return { erasureId, kind, words, exact: undefined, lead: 0, trail: 0 };
  };
  for (const id of ids) {
    yield* exactPattern(erasureId, "id", id);
    const short = id.replace(/^0+(?=.)/, "");
    if (short !== id) yield* exactPattern(erasureId, "short-id", short);
  }
  for (const email of emails) for (const form of formsOfEmail(email)) yield* exactPattern(erasureId, "email", form);
  for (const name of names) {
    if (partsOf(name).length < 2) continue;
    const words = allWords(name);
    // The family name may come first.
    for (let i = 0; i < words.length; i++) {
      yield loose("name", [...words.slice(i), ...words.slice(0, i)]);
    }
  }
  for (const { kind, value } of values) {
    if (kind === "address") yield* addressPatterns(value, loose);
    if (kind === "postcode") {
      const words = allWords(value);
      if (words.join("").length < 4) continue;
      yield loose("postcode", words);
      yield loose("postcode", [words.join("")]);
    }
  }
}

function* exactPattern(erasureId: string, kind: PatternKind, value: string): Generator<Pattern> {
  const exact = foldText(value).trim();
  const words = [...eachWord(exact)];
  const [first, last] = [words[0], words.at(-1)];
  if (first === undefined || last === undefined) return;
  const texts = words.map(({ start, end }) => exact.slice(start, end));
  yield { erasureId, kind, words: texts, exact, lead: first.start, trail: exact.length - last.end };
}

function* addressPatterns(
  address: string,
  loose: (kind: PatternKind, words: readonly string[]) => Pattern,
): Generator<Pattern> {
  if (partsOf(address).length >= 3) yield loose("address", allWords(address));
  // A line such as "Flat 2" stands in many addresses: the street is a longer one, if there is any.
  const lines = address.split(/[\n\r,;]+/);
  const least = lines.some((line) => partsOf(line).length >= 3) ? 3 : 2;
  for (const line of lines) {
    const parts = partsOf(line);
    if (parts.length >= least && parts.some((part) => part.length >= 3)) yield loose("street", allWords(line));
  }
}

function toKind(kind: PatternKind): SearchedKind {
  if (kind === "id" || kind === "short-id") return "customer-id";
  return kind === "street" || kind === "postcode" ? "address" : kind;
}

function standsAt(text: string, pattern: Pattern, start: number, end: number): boolean {
  const { exact, kind } = pattern;
  if (exact === undefined) return true;
  if (start < 0 || !text.startsWith(exact, start)) return false;
  if (kind === "email") return isEmailBoundary(text, start, end);
  return !isPartOfNumber(text, start, end) && (kind === "id" || isBehindIdWord(text, start));
}

/** What joins two parts of an email's local part or domain, so that `a.jane@x` is not `jane@x`. */
const JOINS_LOCAL = /[\p{L}\p{N}\p{M}][.+\-_']$/u;
const JOINS_DOMAIN = /^[.-][\p{L}\p{N}]/u;

/** What makes a file's name of an email. */
const FILE_ENDING =
  /^(?:\.(?:json|ndjson|jsonl|csv|tsv|txt|xml|html?|eml|log|bak|tmp|gz|zip|[0-9a-f]{12}))+(?![\p{L}\p{N}])/u;

function isEmailBoundary(text: string, start: number, end: number): boolean {
  return !joinsLocal(text, start) && !joinsDomain(text, end);
}

function joinsLocal(text: string, start: number): boolean {
  if (!JOINS_LOCAL.test(text.slice(Math.max(start - 3, 0), start))) return false;
  return !isOtherScript(text.charCodeAt(start - 2), text.charCodeAt(start));
}

function joinsDomain(text: string, end: number): boolean {
  const behind = text.slice(end, end + 40);
  if (!JOINS_DOMAIN.test(behind) || FILE_ENDING.test(behind)) return false;
  return !isOtherScript(behind.charCodeAt(1), text.charCodeAt(end - 1));
}

function allWords(value: string): string[] {
  const folded = foldText(value);
  return [...eachWord(folded)].map(({ start, end }) => folded.slice(start, end));
}

/** Returns what stands between blanks and punctuation, however many words it is in a script without blanks. */
function partsOf(value: string): string[] {
  return foldText(value)
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter((part) => part !== "");
}

function* eachWord(folded: string): Generator<Word> {
  const words = wordsOf(folded);
  for (let i = 0; i < words.starts.length; i++) yield { start: words.starts[i] ?? 0, end: words.ends[i] ?? 0 };
}
