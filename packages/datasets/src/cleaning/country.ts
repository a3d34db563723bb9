import { createRequire } from "node:module";
import type { LocaleData } from "i18n-iso-countries/index.js";
import type { Country } from "world-countries";
import { cleanText } from "./text.js";

// The libraries' files are JSON, which ES modules of Node 20 cannot import without a flag.
const load = createRequire(import.meta.url);

/** Names in use that the libraries do not know, or that they give to no country or to another one. */
const ALIASES: Readonly<Record<string, string>> = {
  ...codes("GB", "uk|britain|great britain|united kingdom of great britain|england|scotland|wales|northern ireland"),
  ...codes("GB", "england and wales|gb eng|gb sct|gb wls|gb nir|engleska|angleterre|inghilterra|schottland"),
  ...codes("US", "america|united states|us|usa|us of a|united states america|amerika|sad|eeuu|ee uu"),
  ...codes("IE", "republic of ireland|irish republic|eire|southern ireland"),
  ...codes("NL", "holland|nederland|netherlands|holandija|hollande|olanda"),
  ...codes("CZ", "czech republic|czechia|czech rep|ceska"),
  ...codes("TR", "turkiye|turkey|republic of turkiye"),
  ...codes("KR", "south korea|korea south|republic of korea|korea republic of|rok"),
  ...codes("KP", "north korea|korea north|dprk"),
  ...codes("CI", "ivory coast|cote divoire|cote d ivoire"),
  ...codes("BA", "bosnia|bosnia herzegovina|bosnia hercegovina|bih"),
  ...codes("MK", "macedonia|north macedonia|fyrom|former yugoslav republic of macedonia"),
  ...codes("CD", "dr congo|drc|congo kinshasa|congo dr|democratic republic of congo|zaire"),
  ...codes("CG", "congo brazzaville|republic of congo|congo republic"),
  ...codes("AE", "uae|emirates"),
  ...codes("RU", "russia|russian federation"),
  ...codes("VA", "vatican|vatican city|holy see"),
  ...codes("MM", "burma"),
  ...codes("SZ", "swaziland"),
  ...codes("CV", "cape verde"),
  ...codes("TL", "east timor"),
  ...codes("MO", "macao|macau"),
  ...codes("GR", "el|hellas"),
};

/** What several countries are called. */
const AMBIGUOUS = new Set(["congo", "kongo", "korea", "corea", "coree", "coreia", "koreja", "virgin islands"]);

/** The languages of Europe that the library has, beside English. */
const LANGUAGES =
  "de fr es it pt nl hr bs sr sl mk bg ro hu cs sk pl uk ru sv da no nn fi et lv lt tr el sq ca gl eu is be".split(" ");

const known = new Map<string, string | null>();
const REMEMBER_AT_MOST = 10_000;

/**
 * Returns the ISO 3166-1 alpha-2 code of a country, by its code of two or three letters, or by its name: in common use or
 * official, in English or another European language, in any case, with accents and punctuation or without. Null for what names no country, or
 * several.
 */
export function toCountryCode(name: string | null): string | null {
  if (name === null) return null;
  let code = known.get(name);
  if (code === undefined) {
    code = find(name);
    if (known.size >= REMEMBER_AT_MOST) known.clear();
    known.set(name, code);
  }
  return code;
}

/** Returns a country's name as it is, and null for what names none: a field of that name may hold anything. */
export function recognisedCountry(name: unknown): string | null {
  return typeof name === "string" && toCountryCode(cleanText(name)) !== null ? name : null;
}

function find(name: string): string | null {
  const folded = fold(name);
  if (AMBIGUOUS.has(folded)) return null;
  if (Object.hasOwn(ALIASES, folded)) return ALIASES[folded] ?? null;
  english ??= readEnglish();
  const found = english.codes.get(name.trim().toLowerCase()) ?? english.names.get(folded);
  if (found !== undefined) return found;
  others ??= readOthers();
  return others.get(folded) ?? null;
}

// Read when they are first asked for: a command that reads no record needs none, and most records need English alone.
let english:
  | { readonly codes: ReadonlyMap<string, string>; readonly names: ReadonlyMap<string, string | null> }
  | undefined;
let others: ReadonlyMap<string, string | null> | undefined;

function readEnglish() {
  const countries = readCountries();
  const codesByLetters = new Map(
    countries.flatMap(({ cca2, cca3 }) => [cca2, cca3].map((letters) => [letters.toLowerCase(), cca2] as const)),
  );
  const names = new Map<string, string | null>();
  for (const { cca2, name, altSpellings } of countries) {
    for (const each of [name.common, name.official, ...altSpellings]) add(names, each, cca2);
  }
  // The library's own order of preference decides where the two differ.
  for (const [code, name] of namesOf("en")) {
    const folded = fold(name);
    if (folded.length > 3 && !names.has(folded)) names.set(folded, code);
  }
  return { codes: codesByLetters, names };
}

function readCountries(): readonly Country[] {
  return createRequire(import.meta.url)("world-countries/countries.json");
}

function readOthers(): Map<string, string | null> {
  const names = new Map<string, string | null>();
  for (const { cca2, name, translations } of readCountries()) {
    for (const each of [...Object.values(name.native), ...Object.values(translations)]) {
      add(names, each.common, cca2);
      add(names, each.official, cca2);
    }
  }
  for (const language of LANGUAGES) {
    for (const [code, name] of namesOf(language)) add(names, name, code);
  }
  return names;
}

function namesOf(language: string): [code: string, name: string][] {
  const { countries }: LocaleData = load(`i18n-iso-countries/langs/${language}.json`);
  return Object.entries(countries).flatMap(([code, names]) =>
    (Array.isArray(names) ? names : [names]).map((name): [string, string] => [code, name]),
  );
}

/** A name that two countries have is neither's. A short one is a code, which `n/a` and the Vietnamese `Mỹ` are not. */
function add(names: Map<string, string | null>, name: string, code: string): void {
  const folded = fold(name);
  const before = names.get(folded);
  if (folded.length > 3) names.set(folded, before === undefined || before === code ? code : null);
}

const LETTERS: Readonly<Record<string, string>> = {
  ß: "ss",
  ø: "o",
  đ: "d",
  ð: "d",
  ł: "l",
  æ: "ae",
  œ: "oe",
  ı: "i",
  þ: "th",
};

/** Returns the form in which names are compared: lower case, without accents and punctuation, `st` as `saint`. */
function fold(name: string): string {
  return name
    .toLowerCase()
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[ßøđðłæœıþ]/g, (letter) => LETTERS[letter] ?? letter)
    .replaceAll("&", " and ")
    .replace(/['’‘`´.]/g, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()
    .replace(/^the /, "")
    .replace(/\bst\b/g, "saint")
    .replace(/\b(\p{L}) (?=\p{L}\b)/gu, "$1");
}

function codes(code: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split("|").map((name) => [name, code]));
}
