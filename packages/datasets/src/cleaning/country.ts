import { createRequire } from "node:module";
// The package itself would load the names of all 84 languages.
import countries, { type LocaleData } from "i18n-iso-countries/index.js";
import { cleanText } from "./text.js";

// The library's language files are JSON, which ES modules of Node 20 cannot import without a flag.
const english: LocaleData = createRequire(import.meta.url)("i18n-iso-countries/langs/en.json");
countries.registerLocale(english);

// Names in use in the input that the library does not know.
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["republic of ireland", "IE"],
  ["northern ireland", "GB"],
  ["england", "GB"],
  ["scotland", "GB"],
  ["wales", "GB"],
]);

const known = new Map<string, string | null>();
const REMEMBER_AT_MOST = 10_000;

/** Returns the ISO 3166-1 alpha-2 code of a country's cleaned English name; null for a name that is of no country. */
export function toCountryCode(name: string | null): string | null {
  if (name === null) return null;
  let code = known.get(name);
  if (code === undefined) {
    code = ALIASES.get(name.toLowerCase()) ?? countries.getAlpha2Code(name, "en") ?? null;
    if (known.size >= REMEMBER_AT_MOST) known.clear();
    known.set(name, code);
  }
  return code;
}

/** Returns a country's name as it is, and null for what names none: a field of that name may hold anything. */
export function recognisedCountry(name: unknown): string | null {
  return typeof name === "string" && toCountryCode(cleanText(name)) !== null ? name : null;
}
