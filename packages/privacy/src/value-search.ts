import { decodedForms } from "./decoded-forms.js";
import { foldText } from "./fold-text.js";
import { formsOfEmail } from "./forms-of-email.js";
import { isBehindIdWord, isPartOfNumber } from "./id-context.js";
import { createPhoneIndex } from "./phone-search.js";
import { eachWord, endOfWord, isOtherScript, wordFrom } from "./words.js";

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
  for (const person of people) {
    for (const pattern of patternsOf(person)) addPattern(root, pattern);
    addPlaces(root, person);
  }
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
    const postcodes = new Set<string>();
    const streets = new Set<Residents>();
    const report = (erasureId: string, kind: SearchedKind, start: number, end: number) => {
      const isInPlace = original !== undefined && foldText(original.slice(start, end)) === folded.slice(start, end);
      found.push({ erasureId, kind, start: isInPlace ? start : undefined, end: isInPlace ? end : undefined });
    };
    for (let first = wordFrom(folded, 0), firstEnd = 0; first < folded.length; first = wordFrom(folded, firstEnd)) {
      firstEnd = endOfWord(folded, first);
      if (mayBegin[traitsOf(folded, first, firstEnd)] !== 1) continue;
      let node = root;
      let skipped = 0;
      for (let at = first, atEnd = firstEnd; at < folded.length; at = wordFrom(folded, atEnd)) {
        atEnd = endOfWord(folded, at);
        const word = folded.slice(at, atEnd);
        const next = node.next.get(word);
        if (next === undefined) {
          if (at === first || !between.has(word) || ++skipped > MOST_BETWEEN) break;
          continue;
        }
        node = next;
        if (node.postcode !== undefined) postcodes.add(node.postcode);
        if (node.street !== undefined) streets.add(node.street);
        for (const pattern of node.ends.values()) {
          const start = first - pattern.lead;
          const end = atEnd + pattern.trail;
          if (standsAt(folded, pattern, start, end)) report(pattern.erasureId, toKind(pattern.kind), start, end);
        }
      }
    }
    for (const erasureId of residentsAt(streets, postcodes)) {
      found.push({ erasureId, kind: "address", start: undefined, end: undefined });
    }
    for (const { erasureId, start, end } of phones.find(folded)) report(erasureId, "phone", start, end);
    return found;
  }
}

const MOST_BETWEEN = 4;

type PatternKind = "id" | "short-id" | "email" | "name" | "address";

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
  readonly ends: Map<string, Pattern>;
  /** The postcode that ends here, whoever lives there. */
  postcode: string | undefined;
  /** The people of the street that ends here. */
  street: Residents | undefined;
}

/** Erasures of people with an address in one street, by their postcodes. */
type Residents = Map<string, Set<string>>;

function createNode(): Node {
  return { next: new Map(), ends: new Map(), postcode: undefined, street: undefined };
}

function nodeOf(root: Node, words: readonly string[]): Node {
  let node = root;
  for (const word of words) {
    const next = node.next.get(word) ?? createNode();
    node.next.set(word, next);
    node = next;
  }
  return node;
}

function addPattern(root: Node, pattern: Pattern): void {
  if (pattern.words.length === 0) return;
  const { erasureId, kind, exact = "" } = pattern;
  const { ends } = nodeOf(root, pattern.words);
  const key = `${erasureId} ${kind} ${exact}`;
  if (!ends.has(key)) ends.set(key, pattern);
}

/**
 * Adds a person's streets and postcodes. Many people have the same ones, so that they are found as such, and the people by
 * both together: what a text costs does not grow with the people of a postcode.
 */
function addPlaces(root: Node, { erasureId, values }: SearchedPerson): void {
  const postcodes = values
    .filter(({ kind }) => kind === "postcode")
    .map(({ value }) => allWords(value))
    .filter((words) => words.join("").length >= 4);
  if (postcodes.length === 0) return;
  for (const words of postcodes) {
    const postcode = words.join("");
    nodeOf(root, words).postcode = postcode;
    nodeOf(root, [postcode]).postcode = postcode;
  }
  for (const { kind, value } of values) {
    for (const words of kind === "address" ? streetsOf(value) : []) {
      const node = nodeOf(root, words);
      node.street ??= new Map();
      for (const words of postcodes) {
        const postcode = words.join("");
        const residents = node.street.get(postcode) ?? new Set();
        node.street.set(postcode, residents.add(erasureId));
      }
    }
  }
}

function residentsAt(streets: ReadonlySet<Residents>, postcodes: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const street of streets) {
    const [few, many] = street.size < postcodes.size ? [street, postcodes] : [postcodes, street];
    for (const postcode of few.keys()) {
      if (!many.has(postcode)) continue;
      for (const erasureId of street.get(postcode) ?? []) found.add(erasureId);
    }
  }
  return found;
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
    if (kind === "address" && partsOf(value).length >= 3) yield loose("address", allWords(value));
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

/** Returns the words of each line of an address that may be the street. */
function streetsOf(address: string): string[][] {
  // A line such as "Flat 2" stands in many addresses: the street is a longer one, if there is any.
  const lines = address.split(/[\n\r,;]+/).map((line) => ({ line, parts: partsOf(line) }));
  const least = lines.some(({ parts }) => parts.length >= 3) ? 3 : 2;
  return lines
    .filter(({ parts }) => parts.length >= least && parts.some((part) => part.length >= 3))
    .map(({ line }) => allWords(line));
}

function toKind(kind: PatternKind): SearchedKind {
  if (kind === "id" || kind === "short-id") return "customer-id";
  return kind;
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
